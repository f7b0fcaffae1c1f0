#include "dnsd/control/monitor_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace control {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kSeries = 1000;  // monitors that have series of their own

Json one(const MonitorStanding& s, base::Instant now) {
  return {{"monitor", s.watch.monitor},
          {"kind", std::string(conf::name(s.kind))},
          {"address", s.watch.address ? Json(s.watch.address->to_string()) : Json(nullptr)},
          {"state", std::string(name(s.state.value))},
          {"since_ms", base::to_ms(now - s.state.since)},
          {"outcome", s.looked ? Json(std::string(probes::name(s.outcome))) : Json(nullptr)},
          {"text", s.text},
          {"waits", s.waits},
          {"good", s.state.good},
          {"bad", s.state.bad},
          {"latency_ms", s.looked ? Json(static_cast<double>(s.latency.count()) / 1000) : Json(nullptr)},
          {"age_ms", s.looked ? Json(base::to_ms(now - *s.looked)) : Json(nullptr)}};
}

}  // namespace

Json monitors_json(const View& view) {
  auto all = view.monitors.standings();
  if (all.size() > kStatusListed) {
    std::stable_partition(all.begin(), all.end(),
                          [](const MonitorStanding& s) { return s.state.value != MonitorValue::kUp; });
    all.resize(kStatusListed);
  }
  Json out = Json::array();
  for (const MonitorStanding& each : all) out.push_back(one(each, view.now.boot));
  return out;
}

void add_monitors(io::MetricsText& out, const View& view) {
  const auto& counters = view.monitors.counters();
  for (std::size_t i = 0; i < counters.size(); ++i) {
    out.counter("wideip_dnsd_monitor_looks_total", "Looks of monitors that are over, by what they found.",
                {{"outcome", std::string(probes::name(static_cast<probes::Outcome>(i)))}},
                static_cast<double>(counters[i]));
  }
  const auto tally = view.monitors.tally();
  for (std::size_t i = 0; i < tally.size(); ++i) {
    out.gauge("wideip_dnsd_monitors", "Monitored addresses, by what they are.",
              {{"state", std::string(name(static_cast<MonitorValue>(i)))}}, static_cast<double>(tally[i]));
  }
  out.gauge("wideip_dnsd_isolated", "1 while no checkpoint of this server answers: failed looks count for nothing.", {},
            view.monitors.isolated() ? 1 : 0);
  const auto all = view.monitors.standings();
  const auto listed = std::min(all.size(), kSeries);
  out.gauge("wideip_dnsd_monitors_not_listed", "Monitored addresses beyond those that have series of their own.", {},
            static_cast<double>(all.size() - listed));
  for (std::size_t i = 0; i < listed; ++i) {
    const MonitorStanding& s = all[i];
    const io::MetricsText::Labels of{{"monitor", s.watch.monitor},
                                     {"address", s.watch.address ? s.watch.address->to_string() : ""}};
    out.gauge("wideip_dnsd_monitor_up", "1 while the monitored address is up.", of,
              s.state.value == MonitorValue::kUp ? 1 : 0);
    if (!s.looked) continue;
    out.gauge("wideip_dnsd_monitor_latency_seconds", "How long the latest look took.", of, io::to_seconds(s.latency));
  }
}

}  // namespace control
