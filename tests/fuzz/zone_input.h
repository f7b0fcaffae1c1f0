// One input of the master-file loader, for the fuzzer, the corpus runner and the property tests. Aborts if a promise of
// zones/compile/zone.h is broken: any octets give faults or a zone, and what loads can be compiled.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "zones/compile/snapshot_compiler.h"

namespace fuzz {

// Returns the number of faults.
inline std::size_t try_zone(std::string_view octets) {
  const auto origin = wire::Name::parse("example.com").value();
  auto loaded = compile::parse_zone(octets, "input.zone", origin);
  for (const auto& fault : loaded.faults) {
    if (fault.message.empty() || fault.mark.file.empty()) std::abort();
  }
  if (!loaded.ok()) return loaded.faults.size();
  compile::Catalog catalog;
  compile::CatalogZone zone;
  zone.origin = origin;
  zone.data = std::make_shared<const compile::ZoneData>(std::move(loaded.value));
  catalog.by_origin.emplace(origin.key(), 0);
  catalog.zones.push_back(std::move(zone));
  const auto compiled = compile::compile_snapshot(catalog, {});
  if (!compiled.ok() || compiled.value.snapshot == nullptr) {
    for (const auto& fault : compiled.faults) std::fprintf(stderr, "%s\n", conf::to_string(fault).c_str());
    std::abort();
  }
  return 0;
}

}  // namespace fuzz
