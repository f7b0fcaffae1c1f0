// All zones of a server: loads each file, and keeps the last good version of a zone whose file has become bad.
// For the control thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "conf/dnsd.h"
#include "conf/fault.h"
#include "zones/compile/zone.h"

namespace compile {

struct CatalogZone {
  conf::Zone config;
  wire::Name origin;
  // Shared between the catalogs before and after a reload: a zone is not copied to be kept.
  std::shared_ptr<const ZoneData> data;  // null: never loaded
  bool fresh = false;                    // `data` is what the file holds now; else it is the last good version
  std::vector<std::string> files;        // the file and what it includes, as they are now
  std::vector<conf::Fault> faults;       // of the file as it is now; empty exactly if fresh
  std::vector<conf::Fault> warnings;
};

struct Catalog {
  std::vector<CatalogZone> zones;                          // in the order of the configuration
  std::unordered_map<std::string, std::size_t> by_origin;  // lower-case wire form; the first zone of each origin

  // The deepest zone that holds `name`, loaded or not; null if none does.
  [[nodiscard]] const CatalogZone* zone_of(const wire::Name& name) const;
  // The faults of all zones, in order; and the warnings.
  [[nodiscard]] std::vector<conf::Fault> faults() const;
  [[nodiscard]] std::vector<conf::Fault> warnings() const;
};

// Loads every zone. One with faults keeps the data that `before` has for its origin; the others are not touched by it.
// A zone that changed without its serial, or whose serial went back, gives a warning.
// Faults beside those of load_zone: an origin that is no name or is given twice; data that clashes with a wide-IP.
[[nodiscard]] Catalog load_catalog(std::span<const conf::Zone> zones, std::span<const conf::WideIp> wideips,
                                   const Catalog& before = {});

}  // namespace compile
