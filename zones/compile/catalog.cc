#include "zones/compile/catalog.h"

#include <algorithm>
#include <string>
#include <utility>

#include "zones/compile/snapshot_compiler.h"

namespace compile {
namespace {

struct NamedWideIp {
  wire::Name name;
  const conf::WideIp* wideip = nullptr;
};

// Those whose names are names; the compiler reports the others.
std::vector<NamedWideIp> parse_names(std::span<const conf::WideIp> wideips) {
  std::vector<NamedWideIp> out;
  out.reserve(wideips.size());
  for (const auto& wideip : wideips) {
    if (const auto name = wire::Name::parse(wideip.name)) out.push_back({*name, &wideip});
  }
  return out;
}

std::string place(const conf::Mark& mark) { return mark.file + ":" + std::to_string(mark.line); }

// Enters the zone's origin, or leaves a fault in it.
void enter_origin(Catalog& catalog, CatalogZone& zone, std::size_t index) {
  const auto origin = wire::Name::parse(zone.config.origin);
  if (!origin) {
    zone.faults.push_back({zone.config.mark, "origin of a zone: " + origin.error().message});
    return;
  }
  zone.origin = origin->lowered();
  const auto [twin, first] = catalog.by_origin.emplace(zone.origin.key(), index);
  if (first) return;
  zone.faults.push_back({zone.config.mark, "the zone " + zone.origin.to_string() +
                                               " is given a second time; the first "
                                               "stands at " +
                                               place(catalog.zones[twin->second].config.mark)});
}

const CatalogZone* find(const Catalog& catalog, const wire::Name& origin) {
  const auto found = catalog.by_origin.find(std::string(origin.key()));
  return found == catalog.by_origin.end() ? nullptr : &catalog.zones[found->second];
}

void load(CatalogZone& zone, const NameSet& dynamic, std::span<const NamedWideIp* const> inside) {
  auto loaded = load_zone(zone.config.file, zone.origin, dynamic);
  zone.warnings = std::move(loaded.warnings);
  zone.faults = std::move(loaded.faults);
  zone.files = loaded.value.files;
  if (zone.faults.empty()) {
    for (const auto* it : inside) {
      auto clash = find_clash(loaded.value, it->name);
      if (!clash.empty()) zone.faults.push_back({it->wideip->mark, std::move(clash)});
    }
  }
  if (!zone.faults.empty()) return;
  zone.data = std::make_shared<const ZoneData>(std::move(loaded.value));
  zone.fresh = true;
}

// RFC 1982 section 3.2, RFC 1035 section 3.3.13: whoever copies the zone goes by its serial.
void check_serial(CatalogZone& zone, const ZoneData& last) {
  const auto& now = *zone.data;
  if (now.digest == last.digest) return;
  const auto step = static_cast<std::int32_t>(now.serial - last.serial);
  if (step > 0) return;
  const auto* apex = now.find(zone.origin);
  const auto* soa = apex == nullptr ? nullptr : apex->find(wire::kTypeSoa);
  if (soa == nullptr) return;
  const auto serial = std::to_string(now.serial);
  zone.warnings.push_back({now.mark(soa->records.front()),
                           step == 0
                               ? "the zone changed, its serial " + serial + " did not: who copies it will not notice"
                               : "the serial went back from " + std::to_string(last.serial) + " to " + serial +
                                     ": who copies the zone will not take it (RFC 1982)"});
}

std::vector<conf::Fault> gather(const Catalog& catalog, std::vector<conf::Fault> CatalogZone::*member) {
  std::vector<conf::Fault> out;
  for (const auto& zone : catalog.zones) out.insert(out.end(), (zone.*member).begin(), (zone.*member).end());
  return out;
}

}  // namespace

const CatalogZone* Catalog::zone_of(const wire::Name& name) const {
  for (auto at = name.lowered();; at = at.parent()) {
    if (const auto* zone = find(*this, at)) return zone;
    if (at.is_root()) return nullptr;
  }
}

std::vector<conf::Fault> Catalog::faults() const { return gather(*this, &CatalogZone::faults); }
std::vector<conf::Fault> Catalog::warnings() const { return gather(*this, &CatalogZone::warnings); }

Catalog load_catalog(std::span<const conf::Zone> zones, std::span<const conf::WideIp> wideips, const Catalog& before) {
  Catalog out;
  out.zones.reserve(zones.size());
  for (const auto& config : zones) {
    out.zones.push_back({config, {}, nullptr, false, {}, {}, {}});
    enter_origin(out, out.zones.back(), out.zones.size() - 1);
  }
  const auto named = parse_names(wideips);
  NameSet dynamic;
  std::unordered_map<const CatalogZone*, std::vector<const NamedWideIp*>> inside;
  for (const auto& it : named) {
    dynamic.emplace(it.name.lowered().key());
    if (const auto* zone = out.zone_of(it.name)) inside[zone].push_back(&it);
  }
  for (auto& zone : out.zones) {
    if (!zone.faults.empty()) continue;
    load(zone, dynamic, inside[&zone]);
    const auto* last = find(before, zone.origin);
    if (last == nullptr || last->data == nullptr) continue;
    if (zone.fresh) {
      check_serial(zone, *last->data);
    } else {
      zone.data = last->data;
    }
  }
  return out;
}

}  // namespace compile
