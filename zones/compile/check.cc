#include "zones/compile/check.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "zones/compile/rdata.h"
#include "zones/wire/rdata.h"

namespace compile {
namespace {

// A name's fate when it is asked for, as far as the zone tells.
enum class Reach { kAddress, kNothing, kNoAddress, kAlias, kElsewhere };

// A wildcard delegates nothing: what RFC 4592 section 4.2 leaves undefined is answered as data.
bool is_cut(const ZoneData& zone, const Node& node, const wire::Name& name) {
  return node.find(wire::kTypeNs) != nullptr && !(name == zone.origin) && !name.is_wildcard();
}

class Checker {
 public:
  Checker(conf::Loaded<ZoneData>& out, const NameSet& dynamic, const std::function<bool(wire::Type)>& may_have_lost)
      : out_(out), zone_(out.value), dynamic_(dynamic), may_have_lost_(may_have_lost) {}

  void run() {
    gather();
    check_apex();
    for (const auto* node : in_file_order()) check_node(*node);
  }

 private:
  void refuse(const Rdata& at, std::string message) { out_.faults.push_back({zone_.mark(at), std::move(message)}); }
  void refuse_file(std::string message) { out_.faults.push_back({{zone_.file, 0, 0}, std::move(message)}); }
  void warn(const Rdata& at, std::string message) { out_.warnings.push_back({zone_.mark(at), std::move(message)}); }
  [[nodiscard]] static const Rdata& first(const Rrset& set) { return set.records.front(); }
  [[nodiscard]] bool is_apex(const wire::Name& name) const { return name == zone_.origin; }

  [[nodiscard]] std::vector<const Node*> in_file_order() const;
  void gather();
  void check_apex();
  void check_node(const Node& node);
  void check_soa(const Node& node, const wire::Name& name);
  void check_cname(const Node& node, const wire::Name& name);
  void check_dname(const Node& node, const wire::Name& name);
  [[nodiscard]] bool check_hidden(const Node& node, const wire::Name& name);
  void check_targets(const Node& node, const wire::Name& name);
  void check_target(const Rrset& set, const Rdata& record, const wire::Name& owner);
  void check_glue(const Rdata& record, const wire::Name& cut, const wire::Name& target);
  [[nodiscard]] Reach reach(const wire::Name& name) const;
  [[nodiscard]] Reach reach_of(const Node& node) const;

  conf::Loaded<ZoneData>& out_;
  ZoneData& zone_;
  const NameSet& dynamic_;
  const std::function<bool(wire::Type)>& may_have_lost_;
  NameSet existing_;  // owners and the empty non-terminals above them
  NameSet glue_;      // targets of the NS records of cuts
  bool has_dname_ = false;
  bool has_cut_ = false;
};

std::string key_of(const wire::Name& name) { return std::string(name.lowered().key()); }

std::vector<const Node*> Checker::in_file_order() const {
  std::vector<const Node*> out;
  out.reserve(zone_.nodes.size());
  for (const auto& [key, node] : zone_.nodes) out.push_back(&node);
  std::sort(out.begin(), out.end(), [](const auto* a, const auto* b) {
    const auto& x = first(a->rrsets.front());
    const auto& y = first(b->rrsets.front());
    return std::pair(x.file, x.line) < std::pair(y.file, y.line);
  });
  return out;
}

void Checker::gather() {
  const auto keep = [this](const wire::Name& owner) {
    for (auto name = owner; name.is_within(zone_.origin); name = name.parent()) {
      if (!existing_.insert(key_of(name)).second || name.is_root()) break;
    }
  };
  for (const auto& [key, node] : zone_.nodes) {
    const auto name = node.name();
    keep(name);
    has_dname_ = has_dname_ || node.find(wire::kTypeDname) != nullptr;
    if (!is_cut(zone_, node, name)) continue;
    has_cut_ = true;
    for (const auto& record : node.find(wire::kTypeNs)->records)
      glue_.insert(key_of(target_of(wire::kTypeNs, record.wire)));
  }
  for (const auto& key : dynamic_) {
    if (const auto name = wire::Name::from_wire(base::as_bytes(key))) keep(*name);
  }
}

// RFC 1035 section 5.2, RFC 2181 section 6.1: an apex has one SOA, and NS.
void Checker::check_apex() {
  const auto* apex = zone_.find(zone_.origin);
  const auto name = zone_.origin.to_string();
  const auto* soa = apex == nullptr ? nullptr : apex->find(wire::kTypeSoa);
  if (soa == nullptr && !may_have_lost_(wire::kTypeSoa)) {
    refuse_file("no SOA at the apex " + name + "; is it the zone that the file is meant for?");
  }
  if (soa != nullptr) {
    const auto& data = soa->records.front().wire;
    constexpr std::size_t kNumbers = 20;  // serial, refresh, retry, expire, minimum
    if (data.size() >= kNumbers) zone_.serial = base::ByteReader(base::ByteView(data).last(kNumbers)).u32();
  }
  if ((apex == nullptr || apex->find(wire::kTypeNs) == nullptr) && !may_have_lost_(wire::kTypeNs)) {
    auto message = "no NS at the apex " + name;
    soa == nullptr ? refuse_file(std::move(message)) : refuse(first(*soa), std::move(message));
  }
}

void Checker::check_node(const Node& node) {
  const auto name = node.name();
  check_soa(node, name);
  check_cname(node, name);
  check_dname(node, name);
  if (const auto* ds = node.find(wire::kTypeDs); ds != nullptr && is_apex(name)) {
    warn(first(*ds), "DS at the apex: it belongs into the parent zone (RFC 4035 section 2.4)");
  } else if (ds != nullptr && node.find(wire::kTypeNs) == nullptr) {
    warn(first(*ds), "DS at " + name.to_string() + ", which is no delegation (RFC 4035 section 2.4)");
  }
  if (!check_hidden(node, name)) check_targets(node, name);
}

void Checker::check_soa(const Node& node, const wire::Name& name) {
  const auto* soa = node.find(wire::kTypeSoa);
  if (soa == nullptr) return;
  if (!is_apex(name)) {
    refuse(first(*soa), "SOA at " + name.to_string() + ": only the apex " + zone_.origin.to_string() + " has one");
  }
  for (std::size_t i = 1; i < soa->records.size(); ++i) {
    refuse(soa->records[i], "a second SOA; the first stands in " + zone_.place(first(*soa)));
  }
}

// RFC 1034 section 3.6.2, RFC 2181 section 10.1.
void Checker::check_cname(const Node& node, const wire::Name& name) {
  const auto* cname = node.find(wire::kTypeCname);
  if (cname == nullptr) return;
  for (std::size_t i = 1; i < cname->records.size(); ++i) {
    refuse(cname->records[i],
           "a second CNAME at " + name.to_string() + "; the first stands in " + zone_.place(first(*cname)));
  }
  for (const auto& other : node.rrsets) {
    if (&other == cname) continue;
    refuse(first(other), type_to_text(other.type) + " at " + name.to_string() + " beside the CNAME in " +
                             zone_.place(first(*cname)) + " (RFC 1034 section 3.6.2)");
  }
  if (target_of(wire::kTypeCname, cname->records.front().wire) == name) {
    warn(first(*cname), "the CNAME at " + name.to_string() + " points to itself");
  }
}

// RFC 6672 sections 2.3 and 2.4.
void Checker::check_dname(const Node& node, const wire::Name& name) {
  if (!has_dname_) return;
  if (const auto* dname = node.find(wire::kTypeDname)) {
    for (std::size_t i = 1; i < dname->records.size(); ++i) {
      refuse(dname->records[i],
             "a second DNAME at " + name.to_string() + "; the first stands in " + zone_.place(first(*dname)));
    }
    const auto* ns = node.find(wire::kTypeNs);
    if (ns != nullptr && !is_apex(name)) {
      refuse(first(*dname), "DNAME at " + name.to_string() + " beside the delegation in " + zone_.place(first(*ns)) +
                                " (RFC 6672 section 2.3)");
    }
  }
  for (auto above = name; !is_apex(above) && !above.is_root();) {
    above = above.parent();
    const auto* other = zone_.find(above);
    const auto* dname = other == nullptr ? nullptr : other->find(wire::kTypeDname);
    if (dname == nullptr) continue;
    refuse(first(node.rrsets.front()), name.to_string() + " lies below the DNAME " + above.to_string() + " in " +
                                           zone_.place(first(*dname)) + " (RFC 6672 section 2.4)");
    return;
  }
}

// Data at or below a cut belongs to the other zone; it serves as glue or for nothing (RFC 1034 section 4.2.1).
// True if the node is not answered from.
bool Checker::check_hidden(const Node& node, const wire::Name& name) {
  const auto* cut = has_cut_ ? cut_above(zone_, name) : nullptr;
  if (cut == nullptr) return false;
  const bool at_cut = cut == &node;
  for (const auto& set : node.rrsets) {
    const bool address = set.type == wire::kTypeA || set.type == wire::kTypeAaaa;
    if (address && glue_.contains(key_of(name))) continue;
    if (at_cut && (set.type == wire::kTypeNs || set.type == wire::kTypeDs)) continue;
    if (set.type == wire::kTypeCname && at_cut) continue;  // a fault already
    warn(first(set), name.to_string() + " " + type_to_text(set.type) + (at_cut ? " at" : " below") +
                         " the delegation " + cut->name().to_string() + " in " +
                         zone_.place(first(*cut->find(wire::kTypeNs))) + " is not answered");
  }
  return !at_cut;
}

void Checker::check_targets(const Node& node, const wire::Name& name) {
  constexpr std::array<wire::Type, 3> kPointing = {wire::kTypeNs, wire::kTypeMx, wire::kTypeSrv};
  for (const auto type : kPointing) {
    const auto* set = node.find(type);
    if (set == nullptr) continue;
    for (const auto& record : set->records) check_target(*set, record, name);
  }
}

void Checker::check_target(const Rrset& set, const Rdata& record, const wire::Name& owner) {
  const auto target = target_of(set.type, record.wire);
  // A root target says "no such service" (RFC 7505 for MX, RFC 2782 for SRV).
  if (target.is_root() || !target.is_within(zone_.origin)) return;
  const bool delegation = set.type == wire::kTypeNs && !is_apex(owner) && !owner.is_wildcard();
  if (delegation && target.is_within(owner)) {
    check_glue(record, owner, target);
    return;
  }
  const auto what = type_to_text(set.type) + " of " + owner.to_string() + ": " + target.to_string();
  switch (reach(target)) {
    case Reach::kAlias:
      // RFC 2181 section 10.3 for NS and MX, RFC 2782 for SRV.
      warn(record, what + " is an alias; it must be a name with an address (RFC 2181 section 10.3)");
      break;
    case Reach::kNoAddress:
    case Reach::kNothing:
      if (!may_have_lost_(wire::kTypeA) && !may_have_lost_(wire::kTypeAaaa)) warn(record, what + " has no address");
      break;
    case Reach::kAddress:
    case Reach::kElsewhere: break;
  }
}

// RFC 1034 section 4.2.1: a name server inside the zone that it serves is found by glue only.
void Checker::check_glue(const Rdata& record, const wire::Name& cut, const wire::Name& target) {
  const auto* node = zone_.find(target);
  if (node != nullptr && reach_of(*node) == Reach::kAddress) return;
  if (may_have_lost_(wire::kTypeA) || may_have_lost_(wire::kTypeAaaa)) return;
  warn(record, "delegation " + cut.to_string() + ": its name server " + target.to_string() +
                   " lies in it and has no address here (glue), so nobody finds it");
}

Reach Checker::reach_of(const Node& node) const {
  if (node.find(wire::kTypeA) != nullptr || node.find(wire::kTypeAaaa) != nullptr) return Reach::kAddress;
  return node.find(wire::kTypeCname) != nullptr ? Reach::kAlias : Reach::kNoAddress;
}

// What a query for the address of `name`, inside the zone, would find: the closest encloser, then its wildcard
// (RFC 4592 section 3.3.1).
Reach Checker::reach(const wire::Name& name) const {
  if (dynamic_.contains(key_of(name))) return Reach::kAddress;
  const auto* node = zone_.find(name);
  if (node != nullptr && reach_of(*node) == Reach::kAddress) return Reach::kAddress;  // glue counts
  if (has_cut_ && cut_above(zone_, name) != nullptr) return node == nullptr ? Reach::kElsewhere : reach_of(*node);
  if (node != nullptr) return reach_of(*node);
  auto encloser = name;
  while (!existing_.contains(key_of(encloser)) && !encloser.is_root()) encloser = encloser.parent();
  if (encloser == name) return Reach::kNothing;  // an empty non-terminal
  const auto* above = zone_.find(encloser);
  if (above != nullptr && above->find(wire::kTypeDname) != nullptr) return Reach::kElsewhere;
  constexpr std::array<std::uint8_t, 1> kAsterisk = {'*'};
  const auto wildcard = encloser.child(kAsterisk);
  const auto* source = wildcard ? zone_.find(*wildcard) : nullptr;
  return source == nullptr ? Reach::kNothing : reach_of(*source);
}

}  // namespace

wire::Name target_of(wire::Type type, base::ByteView rdata) {
  const auto layout = wire::rdata_names(type);
  if (layout.names == 0 || rdata.size() < layout.before) return {};
  const auto rest = rdata.subspan(layout.before);
  return wire::Name::from_wire(rest.first(wire::name_size(rest))).value_or(wire::Name());
}

const Node* cut_above(const ZoneData& zone, const wire::Name& name) {
  const Node* cut = nullptr;
  for (auto at = name; !(at == zone.origin) && !at.is_root(); at = at.parent()) {
    const auto* node = zone.find(at);
    if (node != nullptr && is_cut(zone, *node, at)) cut = node;
  }
  return cut;
}

void check_zone(conf::Loaded<ZoneData>& zone, const NameSet& dynamic,
                const std::function<bool(wire::Type)>& may_have_lost) {
  Checker(zone, dynamic, may_have_lost).run();
}

}  // namespace compile
