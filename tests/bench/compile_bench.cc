// How long do loading, compiling and one wide-IP's flip take, with 100,000 wide-IPs?
//   build/bench/compile_bench
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <vector>

#include "zones/compile/snapshot_compiler.h"
#include "zones/snapshot/publisher.h"

namespace {

constexpr const char* kHead = "$TTL 300\n@ SOA ns1 hostmaster 1 3600 900 1209600 60\n@ NS ns1\nns1 A 192.0.2.1\n";

std::string static_zone(std::int64_t names) {
  std::string text = kHead;
  for (std::int64_t i = 0; i < names; ++i) {
    text += "n" + std::to_string(i) + " A 10.0." + std::to_string(i / 256 % 256) + "." + std::to_string(i % 256) + "\n";
  }
  return text;
}

std::vector<conf::WideIp> wideips(std::int64_t count) {
  std::vector<conf::WideIp> out(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < out.size(); ++i) out[i].name = "w" + std::to_string(i) + ".example.com";
  return out;
}

compile::Catalog catalog(const std::string& text) {
  const auto origin = wire::Name::parse("example.com").value();
  compile::Catalog out;
  compile::CatalogZone zone;
  zone.config.origin = "example.com";
  zone.origin = origin;
  zone.data = std::make_shared<const compile::ZoneData>(compile::parse_zone(text, "bench.zone", origin).value);
  out.by_origin.emplace(origin.key(), 0);
  out.zones.push_back(std::move(zone));
  return out;
}

snapshot::DynamicAnswer answer(std::uint8_t last) {
  snapshot::DynamicAnswer out;
  out.outcome = snapshot::DynamicOutcome::kAnswer;
  out.addresses = {base::IpAddress::v4({192, 0, 2, last})};
  out.ttl_s = 5;
  return out;
}

void load_static_zone(benchmark::State& state) {
  const auto text = static_zone(state.range(0));
  const auto origin = wire::Name::parse("example.com").value();
  for (auto _ : state) benchmark::DoNotOptimize(compile::parse_zone(text, "bench.zone", origin));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(load_static_zone)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

void compile_wideips(benchmark::State& state) {
  const auto zones = catalog(kHead);
  const auto names = wideips(state.range(0));
  for (auto _ : state) benchmark::DoNotOptimize(compile::compile_snapshot(zones, names));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(compile_wideips)->Arg(1000)->Arg(100000)->Unit(benchmark::kMillisecond);

void flip_one_wideip(benchmark::State& state) {
  auto compiled = compile::compile_snapshot(catalog(kHead), wideips(state.range(0)));
  const auto ids = compiled.value.ids;
  snapshot::Publisher publisher;
  publisher.publish(std::move(compiled.value.snapshot));
  const snapshot::DynamicAnswer answers[] = {answer(1), answer(2)};
  std::size_t i = 0;
  for (auto _ : state) {
    publisher.answer(*ids[i % ids.size()], answers[i / ids.size() % 2]);
    if (++i % 64 == 0) (void)publisher.reap();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(flip_one_wideip)->Arg(1000)->Arg(100000);

}  // namespace

BENCHMARK_MAIN();
