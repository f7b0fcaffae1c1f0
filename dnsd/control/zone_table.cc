#include "dnsd/control/zone_table.h"

#include <algorithm>
#include <utility>

namespace control {

conf::Findings check_zones(const conf::Dnsd& config) {
  const compile::Catalog catalog = compile::load_catalog(config.zones, config.wideips);
  const auto compiled = compile::compile_snapshot(catalog, config.wideips);
  conf::Findings out{catalog.faults(), catalog.warnings()};
  out.faults.insert(out.faults.end(), compiled.faults.begin(), compiled.faults.end());
  out.warnings.insert(out.warnings.end(), compiled.warnings.begin(), compiled.warnings.end());
  return out;
}

conf::Loaded<Prepared> ZoneTable::prepare(const conf::Dnsd& config) const {
  conf::Loaded<Prepared> out;
  out.value.catalog = compile::load_catalog(config.zones, config.wideips, catalog_);
  const compile::Catalog& catalog = out.value.catalog;
  const bool any = std::any_of(catalog.zones.begin(), catalog.zones.end(),
                               [](const compile::CatalogZone& zone) { return zone.data != nullptr; });
  if (!catalog.zones.empty() && !any) {
    out.faults = catalog.faults();
    return out;
  }
  auto compiled = compile::compile_snapshot(catalog, config.wideips);
  out.faults = std::move(compiled.faults);
  out.warnings = catalog.warnings();
  out.warnings.insert(out.warnings.end(), compiled.warnings.begin(), compiled.warnings.end());
  out.value.compiled = std::move(compiled.value);
  return out;
}

void ZoneTable::publish(Prepared prepared, const AnswerOf& answer_of) {
  catalog_ = std::move(prepared.catalog);
  ids_ = std::move(prepared.compiled.ids);
  for (std::size_t i = 0; i < ids_.size(); ++i) {
    if (!ids_[i]) continue;
    if (const auto answer = answer_of(i)) prepared.compiled.snapshot->set_answer(*ids_[i], *answer);
  }
  publisher_.publish(std::move(prepared.compiled.snapshot));
}

void ZoneTable::answer(std::size_t wideip, const snapshot::DynamicAnswer& answer) {
  if (served(wideip)) publisher_.answer(*ids_[wideip], answer);
}

}  // namespace control
