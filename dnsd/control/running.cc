#include "dnsd/control/running.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dnsd/control/inputs.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

Json pairs(const std::vector<conf::Setting>& settings) {
  Json out = Json::array();
  for (const conf::Setting& setting : settings) out.push_back({setting.path, setting.value});
  return out;
}

Json wideip_json(const View& view, const ServiceTexts& tests, std::size_t index) {
  const Named& named = view.engine.names()[index];
  const Standing& standing = view.engine.standings()[named.standing];
  const decide::WideIp config = view.engine.wideip(named);
  decide::Memory memory = standing.memory;
  memory.durable = view.engine.ledger().recall(config);
  return {{"name", named.name},
          {"settings", pairs(settings_of(config, tests.at(index)))},
          {"memory", to_json(memory)},
          {"outcome", std::string(decide::name(standing.decision.outcome))},
          {"answer", view.engine.answer_texts(named)}};
}

void add_inputs(const View& view, Json& out) {
  Json members = Json::array();
  for (const auto& [id, health] : view.health.members()) {
    Json member = to_json(input_of(id, health));
    member["highest"] = view.engine.ledger().highest(id).value;
    members.push_back(std::move(member));
  }
  out["overrides"] = overrides_json(view.overrides.list);
  Json probes = Json::array();
  for (const auto& [watch, health] : view.engine.probes()) probes.push_back(to_json(ProbeInput{watch, health}));
  out["members"] = std::move(members);
  out["probes"] = std::move(probes);
}

void add_configuration(const View& view, Json& out) {
  out["fixed"] = pairs(fixed_settings(view.config));
  out["settings"] = pairs(view.config.settings);
  Json zones = Json::array();
  for (const auto& zone : view.zones.catalog().zones) {
    zones.push_back({{"origin", zone.config.origin}, {"serial", zone.data ? zone.data->serial : 0}});
  }
  out["zones"] = std::move(zones);
}

}  // namespace

std::string running_json(const View& view, const ServiceTexts& tests, std::size_t from) {
  Json out{{"id", view.config.server.id},
           {"version", WIDEIP_VERSION},
           {"generation", view.zones.generation()},
           {"ready", view.ready},
           {"now_us", view.now.boot.time_since_epoch().count()},
           {"wideips_total", view.engine.names().size()}};
  if (from == 0) {
    add_configuration(view, out);
    add_inputs(view, out);
  }
  Json wideips = Json::array();
  const std::size_t end = std::min(view.engine.names().size(), std::max(from, from + kRunningListed));
  for (std::size_t i = from; i < end; ++i) wideips.push_back(wideip_json(view, tests, i));
  out["wideips"] = std::move(wideips);
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace control
