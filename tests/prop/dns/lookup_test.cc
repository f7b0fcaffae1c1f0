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
Labels any_name(const Labels& origin = {"z"}) {
  Labels out;
  for (int i = *rc::gen::inRange(0, 4); i > 0; --i) out.push_back(*rc::gen::element<std::string>("a", "b", "*"));
  out.insert(out.end(), origin.begin(), origin.end());
  return out;
}

// The zones twice: for the reference, and as a Builder that gets the same records.
struct Pair {
  std::vector<reference::Zone> reference;
  std::vector<snapshot::ZoneId> ids;
  snapshot::Builder builder;

  void add_zone(const Labels& origin, bool ready) {
    reference::Zone zone;
    zone.origin = origin;
    zone.ready = ready;
    for (auto& other : reference) {
      if (reference::within(origin, other.origin)) other.inner.push_back(origin);
      if (reference::within(other.origin, origin)) zone.inner.push_back(other.origin);
    }
    reference.push_back(zone);
    const auto name = dns_test::name(reference::text(origin));
    if (ready) {
      ids.push_back(builder.add_zone(name).value());
    } else {
      ids.emplace_back();
      RC_ASSERT(builder.add_unready_zone(name).has_value());
    }
  }
  void put(std::size_t zone, const Labels& owner, wire::Type type, const std::string& rdata,
           const Labels* target = nullptr) {
    const auto line = reference::text(owner) + " 60 " + wire::type_name(type) + " " + rdata;
    if (!dns_test::add_lines(builder, ids[zone], line)) return;  // e.g. a second CNAME: refused by both
    auto& set = reference[zone].data[owner][type];
    if (std::find(set.begin(), set.end(), rdata) == set.end()) set.push_back(rdata);
    if (target != nullptr) reference[zone].target[{owner, type}] = *target;
  }
  // Which zone a name that is answered from elsewhere belongs to.
  reference::Zone& zone_of(const Labels& name) {
    return *std::max_element(reference.begin(), reference.end(), [&](const auto& x, const auto& y) {
      const auto rank = [&](const auto& zone) { return reference::within(name, zone.origin) ? zone.origin.size() : 0; };
      return rank(x) < rank(y);
    });
  }
};

void fill(Pair& out, std::size_t zone) {
  const Labels origin = out.reference[zone].origin;
  const std::string apex = reference::text(origin);
  out.put(zone, origin, wire::kTypeSoa, "ns." + apex + " host." + apex + " 1 2 3 4 5");
  out.put(zone, origin, wire::kTypeNs, "ns.elsewhere.");
  for (int i = *rc::gen::inRange(0, 12); i > 0; --i) {
    const auto owner = any_name(origin);
    const auto target = any_name();
    switch (*rc::gen::inRange(0, 8)) {
      case 0:
      case 1: out.put(zone, owner, wire::kTypeA, "192.0.2." + std::to_string(*rc::gen::inRange(1, 3))); break;
      case 2: out.put(zone, owner, wire::kTypeMx, "5 " + reference::text(target)); break;
      case 3:
      case 4: out.put(zone, owner, wire::kTypeCname, reference::text(target), &target); break;
      case 5:
        if (owner != origin && owner.front() != "*") out.put(zone, owner, wire::kTypeNs, "ns.elsewhere.");
        break;
      case 6: out.put(zone, owner, wire::kTypeDname, reference::text(target), &target); break;
      default: out.put(zone, owner, wire::kTypeDs, "0001080200"); break;
    }
  }
}

// z., and zones within it, some of which have no data.
Pair any_zones(int most) {
  Pair out;
  out.add_zone({"z"}, true);
  for (int i = *rc::gen::inRange(0, most); i > 0; --i) {
    const auto origin = any_name();
    const auto has = [&](const auto& zone) { return zone.origin == origin; };
    if (std::none_of(out.reference.begin(), out.reference.end(), has)) {
      out.add_zone(origin, *rc::gen::inRange(0, 4) > 0);
    }
  }
  for (std::size_t zone = 0; zone < out.reference.size(); ++zone) {
    if (out.reference[zone].ready) fill(out, zone);
  }
  for (int i = *rc::gen::inRange(0, 3); i > 0; --i) {
    const auto owner = any_name();
    auto& zone = out.zone_of(owner);
    if (zone.hidden(owner) || zone.cut(owner) || owner == zone.origin) continue;
    if (!out.builder.add_dynamic(dns_test::name(reference::text(owner)), true)) continue;
    zone.dynamic[owner] = "203.0.113." + std::to_string(i);
    if (*rc::gen::inRange(0, 2) == 0) zone.alias[owner] = any_name();
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

void set_answers(snapshot::Snapshot& built, const reference::Zone& zone) {
  for (const auto& [owner, address] : zone.dynamic) {
    const auto id = built.find_dynamic(dns_test::name(reference::text(owner)));
    RC_ASSERT(id.has_value());
    snapshot::DynamicAnswer answer{
        snapshot::DynamicOutcome::kAnswer, {base::IpAddress::parse(address).value()}, 60, {}};
    if (const auto alias = zone.alias.find(owner); alias != zone.alias.end()) {
      const auto target = dns_test::name(reference::text(alias->second));
      answer.outcome = snapshot::DynamicOutcome::kAlias;
      answer.alias.assign(target.wire().begin(), target.wire().end());
    }
    answer.every_type = true;
    built.set_answer(*id, answer);
  }
}

void answers_as_the_reference(Pair zones) {
  auto built = std::move(zones.builder).build();
  RC_ASSERT(built.has_value());
  for (const auto& zone : zones.reference) {
    RC_LOG("zone " + reference::text(zone.origin));
    for (const auto& [owner, sets] : zone.data) {
      for (const auto& [type, texts] : sets) {
        RC_LOG("  " + reference::text(owner) + " " + wire::type_name(type) + " " + texts.front());
      }
    }
    for (const auto& [owner, address] : zone.dynamic) RC_LOG("  wide-IP " + reference::text(owner));
    set_answers(**built, zone);
  }
  for (int i = 0; i < 8; ++i) {
    const auto qname = any_name();
    const wire::Type type = *rc::gen::element(wire::kTypeA, wire::kTypeMx, wire::kTypeCname, wire::kTypeNs,
                                              wire::kTypeDname, wire::kTypeDs, wire::kTypeTxt);
    const auto want = reference::Resolver(zones.reference, type).run(qname);
    const auto got = ask(**built, reference::text(qname), type);
    RC_LOG(reference::text(qname) + " " + wire::type_name(type));
    auto faults = got.faults;
    // A chain that comes by both sides of one apex has a DNAME of one zone beside a CNAME that the other makes.
    if (zones.reference.size() > 1)
      std::erase_if(faults, [](const auto& f) { return f.starts_with("beside a CNAME"); });
    RC_ASSERT(faults == std::vector<std::string>{});
    RC_ASSERT(got.rcode == want.rcode);
    RC_ASSERT(got.aa() == want.aa);
    std::vector<std::string> answer;
    for (const auto& r : got.answer) answer.push_back(r.owner + " " + wire::type_name(r.type) + " " + r.rdata);
    RC_ASSERT(answer == want.answer);
    std::string authority;
    for (const auto& r : got.authority) authority += r.owner + wire::type_name(r.type);
    RC_ASSERT(authority == (!want.soa.empty() ? want.soa + "SOA" : want.referral.empty() ? "" : want.referral + "NS"));
  }
}

RC_GTEST_PROP(Lookup, AnswersAsTheReferenceDoes, ()) { answers_as_the_reference(any_zones(1)); }

RC_GTEST_PROP(Lookup, AnswersOfZonesWithinZonesAreThoseOfTheReference, ()) { answers_as_the_reference(any_zones(4)); }

}  // namespace
