#include "zones/compile/snapshot_compiler.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/text.h"
#include "zones/compile/check.h"
#include "zones/compile/rdata.h"
#include "zones/snapshot/builder.h"

namespace compile {
namespace {

using Loaded = conf::Loaded<Compiled>;

// "example.com., example.net. and 7 more".
std::string list_origins(const Catalog& catalog) {
  constexpr std::size_t kShown = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(kShown, catalog.zones.size()); ++i) {
    if (i > 0) out += ", ";
    out += catalog.zones[i].config.origin;
  }
  if (catalog.zones.size() > kShown) out += " and " + std::to_string(catalog.zones.size() - kShown) + " more";
  return out.empty() ? "there is none" : "the zones are " + out;
}

std::string place(const conf::Mark& mark) { return mark.file + ":" + std::to_string(mark.line); }

// What the loader let pass and the builder refuses is a gap between the two: it is reported, not served.
void add_zones(const Catalog& catalog, snapshot::Builder& builder, Loaded& out) {
  for (const auto& [key, index] : catalog.by_origin) {
    const auto& zone = catalog.zones[index];
    if (zone.data == nullptr) {
      const auto added = builder.add_unready_zone(zone.origin);
      if (!added) out.faults.push_back({zone.config.mark, added.error().message});
      continue;
    }
    const auto id = builder.add_zone(zone.origin);
    if (!id) {
      out.faults.push_back({zone.config.mark, id.error().message});
      continue;
    }
    for (const auto& [owner, node] : zone.data->nodes) {
      const auto name = node.name();
      for (const auto& set : node.rrsets) {
        for (const auto& record : set.records) {
          const auto added = builder.add(*id, name, set.type, set.ttl_s, record.wire);
          if (!added) out.faults.push_back({zone.data->mark(record), added.error().message});
        }
      }
    }
  }
}

// The place of a wide-IP in the snapshot, or a fault, or (its zone has no data) a warning.
std::optional<snapshot::DynamicId> add_wideip(const Catalog& catalog, const conf::WideIp& wideip,
                                              snapshot::Builder& builder, Loaded& out) {
  const auto refuse = [&](std::string message) { out.faults.push_back({wideip.mark, std::move(message)}); };
  const auto name = wire::Name::parse(wideip.name);
  if (!name) {
    refuse("name of a wide-IP: " + name.error().message);
    return std::nullopt;
  }
  const auto* zone = catalog.zone_of(*name);
  if (zone == nullptr) {
    refuse("the wide-IP " + wideip.name + " lies in no zone; " + list_origins(catalog));
    return std::nullopt;
  }
  if (zone->data == nullptr) {
    out.warnings.push_back({wideip.mark, "the wide-IP " + wideip.name + " is answered SERVFAIL: its zone " +
                                             zone->config.origin + " could not be loaded"});
    return std::nullopt;
  }
  if (auto clash = find_clash(*zone->data, *name); !clash.empty()) {
    refuse(std::move(clash));
    return std::nullopt;
  }
  const auto id = builder.add_dynamic(name->lowered(), wideip.may_be_alias());
  if (id) return *id;
  refuse(id.error().message);
  return std::nullopt;
}

}  // namespace

std::string find_clash(const ZoneData& zone, const wire::Name& name) {
  const auto at = [&](const Rrset& set) { return place(zone.mark(set.records.front())); };
  const auto whose = "the wide-IP " + name.to_string();
  if (const auto* node = zone.find(name)) {
    const bool apex = name == zone.origin;
    for (const auto& set : node->rrsets) {
      if (apex && set.type != wire::kTypeA && set.type != wire::kTypeAaaa) continue;
      return whose + " clashes with the " + type_to_text(set.type) + " of the same name at " + at(set);
    }
  }
  if (const auto* cut = cut_above(zone, name)) {
    return whose + " lies below the delegation of " + cut->name().to_string() + " at " + at(*cut->find(wire::kTypeNs));
  }
  for (auto above = name; !(above == zone.origin) && !above.is_root();) {
    above = above.parent();
    const auto* node = zone.find(above);
    const auto* dname = node == nullptr ? nullptr : node->find(wire::kTypeDname);
    if (dname != nullptr) return whose + " lies below the DNAME of " + above.to_string() + " at " + at(*dname);
  }
  return {};
}

Loaded compile_snapshot(const Catalog& catalog, std::span<const conf::WideIp> wideips) {
  Loaded out;
  snapshot::Builder builder;
  add_zones(catalog, builder, out);
  std::unordered_map<std::string, const conf::WideIp*> seen;
  out.value.ids.reserve(wideips.size());
  for (const auto& wideip : wideips) {
    const auto name = wire::Name::parse(wideip.name);
    const auto [twin, first] = seen.emplace(name ? std::string(name->lowered().key()) : wideip.name, &wideip);
    if (!first) {
      out.faults.push_back(
          {wideip.mark,
           "the wide-IP " + wideip.name + " is given a second time; the first stands at " + place(twin->second->mark)});
      out.value.ids.emplace_back();
      continue;
    }
    out.value.ids.push_back(add_wideip(catalog, wideip, builder, out));
  }
  if (!out.ok()) return out;
  auto built = std::move(builder).build();
  if (built) {
    out.value.snapshot = std::move(*built);
  } else {
    out.faults.push_back({{}, built.error().message});
  }
  return out;
}

}  // namespace compile
