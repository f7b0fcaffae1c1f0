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
  if (out.ok()) refuse_losses(config, out);
  return out;
}

void ZoneTable::refuse_losses(const conf::Dnsd& config, conf::Loaded<Prepared>& out) const {
  const snapshot::Snapshot* now = publisher_.current();
  if (now == nullptr) return;
  std::size_t lost = 0;
  for (std::size_t i = 0; i < config.wideips.size(); ++i) {
    if (out.value.compiled.ids[i]) continue;
    const auto name = wire::Name::parse(config.wideips[i].name);
    if (!name || !now->find_dynamic(*name) || ++lost > 1) continue;
    out.faults = out.value.catalog.faults();
    out.faults.push_back({config.wideips[i].mark,
                          "the wide-IP " + config.wideips[i].name + " is answered now, and would not be in its zone " +
                              out.value.catalog.zone_of(*name)->config.origin + ", which could not be loaded"});
  }
  if (lost > 1) out.faults.back().message += "; and " + std::to_string(lost - 1) + " more";
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
