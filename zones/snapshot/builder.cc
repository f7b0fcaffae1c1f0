#include "zones/snapshot/builder.h"

#include <algorithm>

#include "zones/snapshot/plan.h"
#include "zones/wire/rdata.h"

namespace snapshot {

Key key_of(const wire::Name& name) { return Key(name.lowered().key()); }

Key parent_of(const Key& name) { return name.substr(1U + static_cast<std::uint8_t>(name[0])); }

std::string text_of(const Key& name) {
  return wire::Name::from_wire(base::as_bytes(name)).value_or(wire::Name()).to_string();
}

const PlannedSet* PlannedZone::find(const Key& owner, wire::Type type) const {
  const auto at = owners.find(owner);
  if (at == owners.end()) return nullptr;
  const auto set = std::find_if(at->second.begin(), at->second.end(), [type](const auto& s) { return s.type == type; });
  return set == at->second.end() ? nullptr : &*set;
}

std::uint32_t Builder::Plan::zone_of(const Key& name) const {
  for (Key at = name;; at = parent_of(at)) {
    const auto zone = zone_by_origin.find(at);
    if (zone != zone_by_origin.end()) return zone->second;
    if (at.size() == 1) return kNone;
  }
}

namespace {

base::Result<void> check_type(wire::Type type, base::ByteView rdata, const std::string& owner) {
  const auto fault = [&](const std::string& what) {
    return base::fail(owner + " " + wire::type_name(type) + ": " + what);
  };
  // RFC 6895 section 3.1: 128..255 are meta types and question types, 0 and OPT are no data either.
  if (type == 0 || type == wire::kTypeOpt || (type >= 128 && type <= 255))
    return fault("this type cannot stand in a zone");
  if (rdata.size() > 65535) return fault("more than 65535 octets of data");
  if (!wire::rdata_well_formed(type, rdata)) return fault("its data does not have the form of its type");
  return {};
}

// Types that may stand beside a CNAME: those of DNSSEC (RFC 4034 section 3, RFC 4035 section 2.5).
bool beside_cname(wire::Type type) { return type == wire::kTypeRrsig || type == wire::kTypeNsec; }

base::Result<void> check_neighbours(const PlannedOwner& owner, wire::Type type, const std::string& name) {
  const auto has = [&](auto test) { return std::any_of(owner.begin(), owner.end(), test); };
  if (type == wire::kTypeCname) {
    if (has([](const auto& set) { return set.type != wire::kTypeCname && !beside_cname(set.type); })) {
      return base::fail(name + " has a CNAME beside other data (RFC 1034 section 3.6.2)");
    }
  } else if (!beside_cname(type) && has([](const auto& set) { return set.type == wire::kTypeCname; })) {
    return base::fail(name + " has " + wire::type_name(type) + " data beside a CNAME (RFC 1034 section 3.6.2)");
  }
  return {};
}

bool only_one(wire::Type type) {
  return type == wire::kTypeCname || type == wire::kTypeDname || type == wire::kTypeSoa;
}

}  // namespace

Builder::Builder() : plan_(std::make_unique<Plan>()) {}
Builder::~Builder() = default;
Builder::Builder(Builder&&) noexcept = default;
Builder& Builder::operator=(Builder&&) noexcept = default;

base::Result<ZoneId> Builder::add_zone(const wire::Name& origin) {
  const auto index = static_cast<std::uint32_t>(plan_->zones.size());
  const Key key = key_of(origin);
  if (!plan_->zone_by_origin.emplace(key, index).second) {
    return base::fail("zone " + origin.to_string() + " is there twice");
  }
  plan_->zones.push_back({origin, key, {}, true});
  return ZoneId{index};
}

base::Result<void> Builder::add(ZoneId zone, const wire::Name& owner, wire::Type type, std::uint32_t ttl_s,
                                base::ByteView rdata) {
  PlannedZone& into = plan_->zones[zone.index];
  const auto name = owner.to_string();
  if (!owner.is_within(into.origin)) return base::fail(name + " is outside of zone " + into.origin.to_string());
  if (auto good = check_type(type, rdata, name); !good) return good;
  if (type == wire::kTypeSoa && !(owner == into.origin)) {
    return base::fail(name + " SOA: not at the apex of zone " + into.origin.to_string());
  }
  PlannedOwner& sets = into.owners[key_of(owner)];
  if (auto good = check_neighbours(sets, type, name); !good) return good;
  auto set = std::find_if(sets.begin(), sets.end(), [type](const auto& s) { return s.type == type; });
  if (set == sets.end()) set = sets.insert(sets.end(), {type, ttl_s, {}});
  base::Bytes data(rdata.begin(), rdata.end());
  if (std::find(set->rdatas.begin(), set->rdatas.end(), data) != set->rdatas.end()) return {};
  if (only_one(type) && !set->rdatas.empty()) {
    return base::fail(name + " has more than one " + wire::type_name(type));
  }
  set->rdatas.push_back(std::move(data));
  return {};
}

base::Result<void> Builder::add_unready_zone(const wire::Name& origin) {
  const auto id = add_zone(origin);
  if (!id) return tl::unexpected(id.error());
  plan_->zones[id->index].ready = false;
  return {};
}

base::Result<DynamicId> Builder::add_dynamic(const wire::Name& name, bool alias) {
  const auto id = static_cast<std::uint32_t>(plan_->dynamic_names.size());
  const Key key = key_of(name);
  const auto zone = plan_->zone_of(key);
  if (zone == kNone) return base::fail("wide-IP " + name.to_string() + " is in none of the zones");
  if (!plan_->zones[zone].ready) {
    return base::fail("wide-IP " + name.to_string() + " is in zone " + plan_->zones[zone].origin.to_string() +
                      ", which has no data");
  }
  if (alias && key == plan_->zones[zone].key) {
    return base::fail("wide-IP " + name.to_string() +
                      " may be a CNAME, which cannot stand at the apex of a zone (RFC 1034 section 3.6.2)");
  }
  const auto owner = plan_->zones[zone].owners.find(key);
  if (owner != plan_->zones[zone].owners.end()) {
    const bool apex = key == plan_->zones[zone].key;
    for (const auto& set : owner->second) {
      const bool clash = set.type == wire::kTypeA || set.type == wire::kTypeAaaa || set.type == wire::kTypeCname;
      if (!apex || clash) {
        return base::fail("wide-IP " + name.to_string() + " has " + wire::type_name(set.type) + " data in zone " +
                          plan_->zones[zone].origin.to_string());
      }
    }
  }
  if (!plan_->dynamic_by_name.emplace(key, id).second) {
    return base::fail("wide-IP " + name.to_string() + " is there twice");
  }
  plan_->dynamic_names.push_back(key);
  return DynamicId{id};
}

base::Result<std::unique_ptr<Snapshot>> Builder::build() && {
  auto table = lay_out(*plan_);
  const std::size_t dynamic_names = plan_->dynamic_names.size();
  plan_.reset();
  if (!table) return tl::unexpected(table.error());
  return std::make_unique<Snapshot>(std::move(*table), dynamic_names);
}

}  // namespace snapshot
