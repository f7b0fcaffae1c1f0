// One packet for the data plane, for the fuzzer, the corpus runner and the property tests. Aborts if a promise is
// broken: no reply to what has no header or is a response; every reply well-formed, to the point, and within its limit;
// a client's subnet given back with the scope that a slow search of our own finds (RFC 7871 section 7.2.1).
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "base/text.h"
#include "dnsd/data/respond.h"
#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"
#include "zones/snapshot/choice.h"
#include "zones/snapshot/choice_tables.h"

namespace fuzz {

// The networks of regions 1 and 2.
inline const std::vector<base::Prefix>& regions() {
  static const std::vector<base::Prefix> all{base::Prefix::parse("192.0.2.0/24").value(),
                                             base::Prefix::parse("2001:db8::/32").value()};
  return all;
}

// Names that answer by region, by hash and in turn; region 2 has no IPv4 address.
inline snapshot::DynamicAnswer choose(snapshot::How how) {
  auto choice = std::make_shared<snapshot::Choice>();
  for (std::uint8_t i = 0; i < 3; ++i) {
    snapshot::DynamicAnswer each{snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v6({0x20, 1, i})}, 5, {}};
    if (i < 2) each.addresses.push_back(base::IpAddress::v4({203, 0, 113, i}));
    choice->variants.push_back(each);
  }
  if (how == snapshot::How::kOne) {
    snapshot::ClientMapBuilder map;
    map.add(regions()[0], 1);
    map.add(regions()[1], 2);
    choice->map = std::move(map).build();
    choice->group_of = {0, 1, 2};
    for (std::uint16_t i = 0; i < 3; ++i) choice->groups.push_back({how, {i}});
  } else {
    choice->groups = {{how, snapshot::hash_table({{0, 1, "a"}, {1, 1, "b"}, {2, 1, "c"}})}};
  }
  snapshot::DynamicAnswer out;
  out.outcome = snapshot::DynamicOutcome::kChoose;
  out.choice = choice;
  return out;
}

inline const snapshot::Snapshot& packet_zone() {
  static const std::unique_ptr<snapshot::Snapshot> made = [] {
    std::string lines = R"(
www.a. 300 A 192.0.2.10
www.a. 300 AAAA 2001:db8::10
al.a. 60 CNAME www.a.
l1.a. 60 CNAME l2.a.
l2.a. 60 CNAME l1.a.
*.w.a. 60 A 192.0.2.50
*.w.a. 60 MX 5 m.w.a.
*.wc.a. 60 CNAME x.w.a.
s.a. 60 NS n.s.a.
s.a. 60 NS n.elsewhere.
n.s.a. 60 A 192.0.2.1
n.s.a. 60 AAAA 2001:db8::1
d.a. 60 DNAME w.a.
dd.a. 60 DNAME d.d.d.d.d.d.d.d.d.d.d.d.d.d.a.
x.e.a. 60 TXT ent
a. 60 MX 5 m.w.a.
u.a. 60 TYPE65280 01020304
cm.a. 60 CNAME dm.a.
)";
    for (int i = 1; i <= 100; ++i) lines += "b.a. 300 A 198.51.100." + std::to_string(i) + "\n";
    auto out = dns_test::make_snapshot({{"a.", lines}, {"z.s.a.", ""}}, {"db.a.", "dn.a.", "ds.a.", "dm.a.", "dh.a.",
                                                                         "dr.a.", "da.a.", "do.a.", "dx.a."});
    const auto alias = [](const char* target) {
      const auto to = dns_test::name(target);
      snapshot::DynamicAnswer each{snapshot::DynamicOutcome::kAlias, {}, 5, {}};
      each.alias.assign(to.wire().begin(), to.wire().end());
      each.every_type = true;
      return each;
    };
    out->set_answer({6}, alias("dm.a."));
    out->set_answer({7}, alias("elsewhere.example."));
    // In region 2 an alias of a name that hashes, else addresses.
    auto mixed = choose(snapshot::How::kOne);
    auto choice = std::make_shared<snapshot::Choice>(*mixed.choice);
    for (auto& variant : choice->variants) variant.every_type = true;
    choice->variants[2] = alias("dh.a.");
    mixed.choice = choice;
    mixed.every_type = true;
    out->set_answer({8}, mixed);
    out->set_answer({0}, {snapshot::DynamicOutcome::kAnswer,
                          {base::IpAddress::v4({192, 0, 2, 1}), base::IpAddress::v6({0x20, 1, 0xd, 0xb8})},
                          5,
                          wire::kEdeStaleAnswer});
    out->set_answer({1}, {snapshot::DynamicOutcome::kNodata, {}, 1, std::nullopt});
    out->set_answer({3}, choose(snapshot::How::kOne));
    out->set_answer({4}, choose(snapshot::How::kHash));
    out->set_answer({5}, choose(snapshot::How::kRotate));
    return out;
  }();
  return *made;
}

[[noreturn]] inline void broken(base::ByteView packet, base::ByteView reply, const std::string& why) {
  std::fprintf(stderr, "%s\nquery %s\nreply %s\n", why.c_str(), base::to_hex(packet).c_str(),
               base::to_hex(reply).c_str());
  std::abort();
}

// The scope that the answer to this query has.
inline unsigned expected_scope(const wire::Query& query) {
  constexpr std::size_t kAddressAt = 4;
  const auto subnet = query.edns.subnet;
  const auto name = wire::Name::from_wire(query.name.suffix(0)).value_or(wire::Name()).to_string();
  // What may be an alias depends on the client for every type.
  const bool address =
      query.type == wire::kTypeA || query.type == wire::kTypeAaaa || query.type == wire::kTypeAny || name == "dx.a.";
  if (subnet.size() <= kAddressAt || subnet[2] == 0 || !query.has_question || !address ||
      query.klass != wire::kClassIn) {
    return 0;
  }
  const bool v6 = subnet[1] == 2;
  if (name == "dh.a.") return v6 ? 56 : 24;
  const bool leads = name == "cm.a." || name == "da.a.";  // to dm.a.; ANY is answered with the CNAME
  if (name != "dm.a." && name != "dx.a." && (!leads || query.type == wire::kTypeAny)) return 0;
  std::array<std::uint8_t, 16> bytes{};
  std::copy(subnet.begin() + kAddressAt, subnet.end(), bytes.begin());
  const auto client = v6 ? base::IpAddress::v6(bytes) : base::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
  const base::Prefix& region = regions()[v6 ? 1 : 0];
  // The shortest prefix around the client that does not hold a part of the region.
  for (unsigned bits = 0; bits < region.length; ++bits) {
    bool together = true;
    for (unsigned i = 0; i < bits; ++i) {
      const auto differ = static_cast<unsigned>(client.bytes()[i / 8] ^ region.ip.bytes()[i / 8]);
      together = together && (differ >> (7 - i % 8) & 1) == 0;
    }
    if (!together) return bits;
  }
  // The alias of region 2 leads on to a name that hashes.
  const bool hashes =
      name == "dx.a." && v6 && region.contains(client) && (query.type == wire::kTypeA || query.type == wire::kTypeAaaa);
  return hashes ? std::max<unsigned>(region.length, 56) : region.length;
}

// RFC 7871 section 7.2.1: the option comes back, and says for whom the answer is.
inline std::string scope_fault(const wire::Query& query, const dns_test::Message& reply, bool understood) {
  constexpr std::uint16_t kSubnet = 8;
  for (const auto& [code, data] : reply.options) {
    if (code != kSubnet) continue;
    const auto octets = base::from_hex(data).value();
    const unsigned expected = understood && reply.rcode == wire::kNoError ? expected_scope(query) : 0;
    return octets.at(3) == expected ? "" : "scope " + std::to_string(octets[3]) + ", not " + std::to_string(expected);
  }
  return query.edns.subnet.empty() ? "" : "the subnet did not come back";
}

inline void check_reply(base::ByteView packet, base::ByteView reply, data::Transport transport) {
  const auto fail = [&](const std::string& why) { broken(packet, reply, why); };
  if (packet.size() < wire::kHeaderSize || (packet[2] & 0x80) != 0) {
    if (!reply.empty()) fail("this must not be answered");
    return;
  }
  if (reply.empty()) fail("no answer");
  const auto message = dns_test::decode(reply);
  for (const auto& fault : message.faults) fail(fault);
  if (reply[0] != packet[0] || reply[1] != packet[1]) fail("another id");
  if ((reply[2] & 0x79) != (packet[2] & 0x79)) fail("opcode or RD is not copied");
  if (data::is_tcp(transport) && message.tc()) fail("truncated by TCP");
  wire::Query query;
  const auto parsed = wire::parse_query(packet, query);
  const bool edns = query.edns.present;
  if (message.edns != edns) fail("OPT where none was sent, or none where one was");
  std::size_t limit = wire::kMaxMessage;
  if (!data::is_tcp(transport)) limit = edns ? std::clamp<std::size_t>(query.edns.payload, 512, 1232) : 512;
  if (reply.size() > limit) fail("larger than the client takes");
  if (message.questions > 0 && !std::equal(query.question.begin(), query.question.end(), reply.begin() + 12)) {
    fail("the question came back changed");
  }
  if (parsed != wire::Parsed::kOk && parsed != wire::Parsed::kCookieOnly &&
      (message.rcode == wire::kNoError || !message.answer.empty())) {
    fail("a bad query was answered");
  }
  if (const auto fault = scope_fault(query, message, parsed == wire::Parsed::kOk); !fault.empty()) fail(fault);
  if (message.rcode == wire::kNxDomain && !message.aa()) fail("NXDOMAIN without authority");
  const bool negative = (message.rcode == wire::kNxDomain || message.rcode == wire::kNoError) &&
                        message.answer.empty() && message.aa() && !message.tc();
  if (negative && message.authority.size() != 1) fail("negative answer without SOA");
}

// Gives `packet` to the responder as if it had come by each transport.
inline void try_packet(base::ByteView packet) {
  static const data::Identity identity{"fuzz", "fuzz", "fuzz", 1232};
  static constexpr std::array<std::uint8_t, 16> kClient{0x20, 1, 0xd, 0xb8};
  static data::Scratch scratch = [] {
    data::Scratch out;
    out.policy = std::make_shared<data::Policy>(data::Policy{{{1}, {2}}, nullptr});
    out.now.unix_s = 1'700'000'000;
    return out;
  }();
  static snapshot::WorkerCounters counters;
  for (const auto transport : {data::Transport::kUdp4, data::Transport::kTcp6}) {
    // A buffer of exactly the size promised, so that a sanitizer sees one octet too many.
    std::vector<std::uint8_t> out(data::is_tcp(transport) ? wire::kMaxMessage : identity.udp_payload);
    const auto client = data::is_tcp(transport) ? base::ByteView(kClient) : base::ByteView(kClient).first(4);
    const auto size = data::respond(identity, &packet_zone(), packet, {transport, client}, out, scratch, counters);
    check_reply(packet, base::ByteView(out).first(size), transport);
  }
}

}  // namespace fuzz
