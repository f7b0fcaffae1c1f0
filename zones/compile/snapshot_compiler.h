// Zones and wide-IPs into one snapshot. For the control thread.
//
//   auto catalog = load_catalog(conf.zones, conf.wideips, before);
//   auto compiled = compile_snapshot(catalog, conf.wideips);
//   if (compiled.ok()) { set answers; publisher.publish(std::move(compiled.value.snapshot)); }
//
// A flip of one wide-IP needs none of this: Publisher::answer(*compiled.value.ids[i], answer).
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "conf/dnsd.h"
#include "conf/fault.h"
#include "zones/compile/catalog.h"
#include "zones/snapshot/snapshot.h"

namespace compile {

struct Compiled {
  std::unique_ptr<snapshot::Snapshot> snapshot;  // null if there are faults
  // For each wide-IP, in the order given. Nothing for one whose zone was never loaded (a warning says so).
  std::vector<std::optional<snapshot::DynamicId>> ids;
};

// Faults, all at once: a wide-IP that is no name, is named twice, lies outside every zone, or clashes with zone data
// (records at its name, a delegation or DNAME at or above it): both places are named. Zones without data are left out.
[[nodiscard]] conf::Loaded<Compiled> compile_snapshot(const Catalog& catalog, std::span<const conf::WideIp> wideips);

// How `zone` stands in the way of a wide-IP `name` inside it: the fault's text, with the place in the zone file. Empty
// if it does not. No record may have a wide-IP's name, but at the apex, where only addresses are in the way.
[[nodiscard]] std::string find_clash(const ZoneData& zone, const wire::Name& name);

}  // namespace compile
