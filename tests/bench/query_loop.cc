// Answers queries that it sends to itself, for tests/bench/dns_instructions: batches through a real UdpSocket, whose
// instructions callgrind counts.
// usage: query_loop NAMES hit|nxdomain|dynamic|topology|persist plain|edns|ecs|cookie|limits BATCHES
#include <sys/socket.h>

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "dnsd/data/sockets.h"
#include "dnsd/data/udp_socket.h"
#include "tests/support/choices.h"
#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"

namespace {

constexpr unsigned kBatch = data::UdpSocket::kBatch;

std::unique_ptr<snapshot::Snapshot> make_table(int count, const std::string& kind) {
  snapshot::Builder builder;
  const auto zone = builder.add_zone(dns_test::name("bench.test.")).value();
  (void)dns_test::add_lines(builder, zone, dns_test::apex_lines("bench.test."));
  for (int i = 0; i < count; ++i) {
    const auto host = std::to_string(i) + ".bench.test.";
    const base::Bytes address{192, 0, 2, static_cast<std::uint8_t>(i)};
    (void)builder.add(zone, dns_test::name("www" + host), wire::kTypeA, 300, address);
    (void)builder.add_dynamic(dns_test::name("wide" + host));
  }
  auto table = std::move(builder).build().value();
  snapshot::DynamicAnswer answer{snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, 1})}, 5, {}};
  if (kind == "topology") answer = dns_test::choose_by(dns_test::many_networks());
  if (kind == "persist") answer = dns_test::choose_by(nullptr);
  for (std::uint32_t i = 0; i < table->dynamic_names(); ++i) table->set_answer({i}, answer);
  return table;
}

std::vector<base::Bytes> make_packets(int names, const std::string& kind, const std::string& how) {
  const std::string label = kind == "nxdomain" ? "nosuch" : kind == "hit" ? "www" : "wide";
  std::vector<base::Bytes> out;
  for (unsigned i = 0; i < 16 * kBatch; ++i) {
    const auto host = i * 2654435761U % static_cast<unsigned>(names);
    dns_test::QueryOptions options{.id = static_cast<std::uint16_t>(i)};
    if (how != "plain") options.edns = 1232;
    if (how == "cookie") options.options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8};
    if (how == "ecs") {  // a client of another /24 each time
      const auto net = i * 2246822519U;
      options.options = {0,
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
    }
    out.push_back(dns_test::query(label + std::to_string(host) + ".bench.test.", wire::kTypeA, options));
  }
  return out;
}

int run(int names, const std::string& kind, const std::string& how, unsigned batches) {
  const auto address = data::settle_address(base::SocketAddress::parse("127.0.0.1@0").value()).value();
  snapshot::Publisher publisher;
  publisher.publish(make_table(names, kind));
  const data::Identity identity;
  data::Scratch scratch;
  auto policy = std::make_shared<data::Policy>();
  if (how == "cookie") policy->cookie_secrets.push_back({1});
  data::RateOptions limits;
  limits.responses = limits.nxdomains = 1000000;
  if (how == "limits") policy->rates = std::make_shared<data::RateLimiter>(limits, data::SipKey{});
  scratch.policy = policy;
  snapshot::WorkerCounters counters;
  data::UdpSocket socket(data::open_udp(address).value(), false, false, identity, publisher.add_reader(), scratch,
                         counters);
  const base::Fd client(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage at{};
  const auto size = address.to_sockaddr(at);
  if (connect(client.get(), reinterpret_cast<const sockaddr*>(&at), size) != 0) return 1;
  const auto packets = make_packets(names, kind, how);
  data::PolicySlot news;
  std::size_t next = 0;
  std::uint8_t answer[2048];
  for (unsigned i = 0; i < batches; ++i) {
    for (unsigned k = 0; k < kBatch; ++k) {
      const auto& packet = packets[next++ % packets.size()];
      if (send(client.get(), packet.data(), packet.size(), 0) < 0) return 1;
    }
    if (socket.serve(news) != kBatch) return 1;
    for (unsigned k = 0; k < kBatch; ++k) {
      if (recv(client.get(), answer, sizeof answer, 0) < 12) return 1;
    }
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 5) return run(std::atoi(argv[1]), argv[2], argv[3], static_cast<unsigned>(std::atoi(argv[4])));
  std::fprintf(stderr,
               "usage: query_loop NAMES hit|nxdomain|dynamic|topology|persist plain|edns|ecs|cookie|limits BATCHES\n");
  return 2;
}
