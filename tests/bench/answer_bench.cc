// What one query costs without its socket, whole and by its parts (parse, look up, write), and what one flip costs
// among 100,000 names.
#include <benchmark/benchmark.h>

#include <fstream>

#include "dnsd/data/respond.h"
#include "tests/support/choices.h"
#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"
#include "zones/snapshot/publisher.h"
#include "zones/snapshot/table.h"
#include "zones/wire/edns.h"
#include "zones/wire/query.h"

namespace {

std::unique_ptr<snapshot::Snapshot> names(int count, bool dynamic) {
  snapshot::Builder builder;
  const auto zone = builder.add_zone(dns_test::name("bench.test.")).value();
  (void)dns_test::add_lines(builder, zone, dns_test::apex_lines("bench.test."));
  const base::Bytes address{192, 0, 2, 1};
  for (int i = 0; i < count; ++i) {
    const auto name = dns_test::name("www" + std::to_string(i) + ".bench.test.");
    if (dynamic) {
      (void)builder.add_dynamic(name);
    } else {
      (void)builder.add(zone, name, wire::kTypeA, 300, address);
    }
  }
  return std::move(builder).build().value();
}

void respond(benchmark::State& state, const std::string& qname) {
  const auto table = names(1000, false);
  const data::Identity identity;
  data::Scratch scratch;
  snapshot::WorkerCounters counters;
  std::vector<std::uint8_t> out(1232);
  const auto packet = dns_test::query(qname, wire::kTypeA, {.edns = 1232});
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        data::respond(identity, table.get(), packet, data::Transport::kUdp4, out, scratch, counters));
  }
}
BENCHMARK_CAPTURE(respond, answer, "www7.bench.test.");
BENCHMARK_CAPTURE(respond, nxdomain, "nosuch.bench.test.");

// A wide-IP asked with ECS by a client of another /24 each time; `of`: its answer. Time divided by that of `one` is
// what a choice costs.
void respond_ecs(benchmark::State& state, snapshot::DynamicAnswer (*of)()) {
  const auto table = names(1000, true);
  const auto answer = of();
  for (std::uint32_t i = 0; i < 1000; ++i) table->set_answer({i}, answer);
  const data::Identity identity;
  data::Scratch scratch;
  snapshot::WorkerCounters counters;
  std::vector<std::uint8_t> out(1232);
  std::vector<base::Bytes> packets;
  for (unsigned i = 0; i < 4096; ++i) {
    const auto net = i * 2246822519U;
    const base::Bytes option{0,
                             8,
                             0,
                             7,
                             0,
                             1,
                             24,
                             0,
                             static_cast<std::uint8_t>(net >> 24),
                             static_cast<std::uint8_t>(net >> 16),
                             static_cast<std::uint8_t>(net >> 8)};
    packets.push_back(dns_test::query("www" + std::to_string(i % 1000) + ".bench.test.", wire::kTypeA,
                                      {.edns = 1232, .options = option}));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    const auto& packet = packets[next++ % packets.size()];
    benchmark::DoNotOptimize(
        data::respond(identity, table.get(), packet, data::Transport::kUdp4, out, scratch, counters));
  }
}
BENCHMARK_CAPTURE(respond_ecs, one, [] {
  return snapshot::DynamicAnswer{snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, 1})}, 5, {}};
});
BENCHMARK_CAPTURE(respond_ecs, topology, [] { return dns_test::choose_by(dns_test::many_networks()); });
BENCHMARK_CAPTURE(respond_ecs, persist, [] { return dns_test::choose_by(nullptr); });

// The map of 200,000 networks: how long it takes to make.
void build_map(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(dns_test::many_networks());
}
BENCHMARK(build_map)->Unit(benchmark::kMillisecond);

void parse(benchmark::State& state, const dns_test::QueryOptions& options) {
  const auto packet = dns_test::query("www7.bench.test.", wire::kTypeA, options);
  wire::Query query;
  for (auto _ : state) {
    auto* bytes = packet.data();
    benchmark::DoNotOptimize(bytes);
    benchmark::DoNotOptimize(wire::parse_query({bytes, packet.size()}, query));
  }
}
BENCHMARK_CAPTURE(parse, plain, dns_test::QueryOptions{});
BENCHMARK_CAPTURE(parse, edns, dns_test::QueryOptions{.edns = 1232});

// Names of a table of `range(0)`, in an order that no cache foresees; or names that it has not.
void look_up(benchmark::State& state, const std::string& label) {
  constexpr std::size_t kAsked = 4096;  // a power of two
  const auto table = names(static_cast<int>(state.range(0)), false);
  std::vector<wire::QueryName> asked(kAsked);
  for (std::size_t i = 0; i < kAsked; ++i) {
    const auto number = i * 7919 % static_cast<std::size_t>(state.range(0));
    asked[i].assign(dns_test::name(label + std::to_string(number) + ".bench.test.").wire());
  }
  std::size_t next = 0;
  for (auto _ : state) benchmark::DoNotOptimize(table->table().find(asked[next++ % kAsked]));
}
BENCHMARK_CAPTURE(look_up, hit, "www")->Arg(1000)->Arg(100000);
BENCHMARK_CAPTURE(look_up, nxdomain, "nosuch")->Arg(1000)->Arg(100000);

// Header, question and one A record that was made ready when the table was built; with an OPT record where that is
// asked for; and a record that is written name by name, as behind a CNAME.
void write(benchmark::State& state, bool edns, bool ready) {
  const auto packet = dns_test::query("www7.bench.test.", wire::kTypeA, {});
  wire::Query query;
  (void)wire::parse_query(packet, query);
  const auto owner = dns_test::name("www7.bench.test.");
  const base::Bytes address{192, 0, 2, 1};
  const base::Bytes record{0xc0, 12, 0, 1, 0, 1, 0, 0, 1, 44, 0, 4, 192, 0, 2, 1};
  std::vector<std::uint8_t> out(1232);
  wire::MessageWriter writer;
  for (auto _ : state) {
    writer.start(out, out.size(), query.question);
    if (ready) {
      writer.bytes(record);
    } else {
      writer.record(owner.wire(), wire::kTypeA, wire::kClassIn, 300, address);
    }
    writer.count(wire::Section::kAnswer);
    if (edns) wire::write_opt(writer, {});
    writer.finish(query.id, wire::kFlagQr);
    benchmark::DoNotOptimize(writer.size());
    benchmark::ClobberMemory();
  }
}
BENCHMARK_CAPTURE(write, ready, false, true);
BENCHMARK_CAPTURE(write, ready_edns, true, true);
BENCHMARK_CAPTURE(write, by_name, false, false);

const snapshot::DynamicAnswer kAnswer{snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, 1})}, 5, {}};

long resident_kb() {
  std::ifstream in("/proc/self/statm");
  long size = 0;
  long resident = 0;
  in >> size >> resident;
  return resident * 4;
}

// Flips `range(0)` names of 100,000, with the retired answers reaped. One table for all runs, so that its memory is
// seen once.
struct HundredThousand {
  snapshot::Publisher publisher;
  long resident_kb = 0;

  HundredThousand() {
    const long before = ::resident_kb();
    publisher.publish(names(100000, true));
    for (std::uint32_t i = 0; i < 100000; ++i) publisher.answer({i}, kAnswer);
    publisher.reap();
    resident_kb = ::resident_kb() - before;
  }
};

void flip(benchmark::State& state) {
  static HundredThousand names;
  state.counters["resident_MB"] = static_cast<double>(names.resident_kb) / 1024;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < state.range(0); ++i) names.publisher.answer({i * 7 % 100000}, kAnswer);
    names.publisher.reap();
  }
}
BENCHMARK(flip)->Arg(1)->Arg(10000)->Unit(benchmark::kMillisecond);

void build_100000(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(names(100000, true));
}
BENCHMARK(build_100000)->Unit(benchmark::kMillisecond)->Iterations(2);

}  // namespace

BENCHMARK_MAIN();
