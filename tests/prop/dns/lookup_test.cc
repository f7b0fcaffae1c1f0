// Random small zones and questions: the table must answer as the naive reference does.
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

#include "dnsd/data/respond.h"
#include "tests/prop/dns/reference.h"
#include "tests/support/zone_text.h"

namespace {

using reference::Labels;

// Few labels, so that names meet: as owners, targets and questions.
Labels any_name() {
  Labels out;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) out.push_back(*rc::gen::element<std::string>("a", "b", "*"));
  out.push_back("z");
  return out;
}

// The zone twice: for the reference, and as a Builder that gets the same records.
struct Pair {
  reference::Zone reference;
  snapshot::Builder builder;
  snapshot::ZoneId id = builder.add_zone(dns_test::name("z.")).value();

  bool add(const Labels& owner, const std::string& type, const std::string& rdata) {
    return dns_test::add_lines(builder, id, reference::text(owner) + " 60 " + type + " " + rdata).has_value();
  }
  void put(const Labels& owner, wire::Type type, const std::string& rdata, const Labels* target = nullptr) {
    if (!add(owner, wire::type_name(type), rdata)) return;  // e.g. a second CNAME: refused by both
    auto& set = reference.data[owner][type];
    if (std::find(set.begin(), set.end(), rdata) == set.end()) set.push_back(rdata);
    if (target != nullptr) reference.target[{owner, type}] = *target;
  }
};

Pair any_zone() {
  Pair out;
  const Labels apex{"z"};
  out.put(apex, wire::kTypeSoa, "ns.z. host.z. 1 2 3 4 5");
  out.put(apex, wire::kTypeNs, "ns.elsewhere.");
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
    const auto owner = any_name();
    const auto target = any_name();
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1: out.put(owner, wire::kTypeA, "192.0.2." + std::to_string(*rc::gen::inRange(1, 3))); break;
      case 2: out.put(owner, wire::kTypeMx, "5 " + reference::text(target)); break;
      case 3:
      case 4: out.put(owner, wire::kTypeCname, reference::text(target), &target); break;
      case 5:
        if (owner.size() > 1 && owner.front() != "*") out.put(owner, wire::kTypeNs, "ns.elsewhere.");
        break;
      case 6: out.put(owner, wire::kTypeDname, reference::text(target), &target); break;
      default: out.put(owner, wire::kTypeDs, "0001080200"); break;
    }
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    const auto owner = any_name();
    if (out.reference.hidden(owner) || out.reference.cut(owner) || owner.size() < 2) continue;
    if (!out.builder.add_dynamic(dns_test::name(reference::text(owner)), true)) continue;
    out.reference.dynamic[owner] = "203.0.113." + std::to_string(out.reference.dynamic.size());
    if (*rc::gen::inRange(0, 2) == 0) out.reference.alias[owner] = any_name();
  }
  return out;
}

dns_test::Message ask(const snapshot::Snapshot& snapshot, const std::string& qname, wire::Type type) {
  std::vector<std::uint8_t> out(65535);
  data::Scratch scratch;
  snapshot::WorkerCounters counters;
  const auto packet = dns_test::query(qname, type);
  const auto size = data::respond({}, &snapshot, packet, data::Transport::kTcp4, out, scratch, counters);
  return dns_test::decode(base::ByteView(out).first(size));
}

RC_GTEST_PROP(Lookup, AnswersAsTheReferenceDoes, ()) {
  Pair zone = any_zone();
  const auto dynamic = zone.reference.dynamic;
  const auto aliases = zone.reference.alias;
  auto built = std::move(zone.builder).build();
  RC_ASSERT(built.has_value());
  for (const auto& [owner, address] : dynamic) {
    const auto id = (*built)->find_dynamic(dns_test::name(reference::text(owner)));
    RC_ASSERT(id.has_value());
    snapshot::DynamicAnswer answer{
        snapshot::DynamicOutcome::kAnswer, {base::IpAddress::parse(address).value()}, 60, {}};
    if (const auto alias = aliases.find(owner); alias != aliases.end()) {
      const auto target = dns_test::name(reference::text(alias->second));
      answer.outcome = snapshot::DynamicOutcome::kAlias;
      answer.alias.assign(target.wire().begin(), target.wire().end());
    }
    answer.every_type = true;
    (*built)->set_answer(*id, answer);
  }
  for (int i = 0; i < 8; ++i) {
    const auto qname = any_name();
    const wire::Type type = *rc::gen::element(wire::kTypeA, wire::kTypeMx, wire::kTypeCname, wire::kTypeNs,
                                              wire::kTypeDname, wire::kTypeDs, wire::kTypeTxt);
    const auto want = reference::Resolver(zone.reference, type).run(qname);
    const auto got = ask(**built, reference::text(qname), type);
    RC_LOG(reference::text(qname) + " " + wire::type_name(type));
    RC_ASSERT(got.faults == std::vector<std::string>{});
    RC_ASSERT(got.rcode == want.rcode);
    RC_ASSERT(got.aa() == want.aa);
    std::vector<std::string> answer;
    for (const auto& r : got.answer) answer.push_back(r.owner + " " + wire::type_name(r.type) + " " + r.rdata);
    RC_ASSERT(answer == want.answer);
    std::string authority;
    for (const auto& r : got.authority) authority += r.owner + wire::type_name(r.type);
    RC_ASSERT(authority == (want.soa ? "z.SOA" : want.referral.empty() ? "" : want.referral + "NS"));
  }
}

}  // namespace
