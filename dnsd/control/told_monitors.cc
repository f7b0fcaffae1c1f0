#include "dnsd/control/told_monitors.h"

#include "base/text.h"
#include "dnsd/control/settings.h"

namespace control {

namespace {

decide::Health::Value to_decide(MonitorValue value) {
  switch (value) {
    case MonitorValue::kUnknown: return decide::Health::Value::kUnknown;
    case MonitorValue::kUp: return decide::Health::Value::kUp;
    case MonitorValue::kDown:
    case MonitorValue::kDisabled: break;
  }
  return decide::Health::Value::kDown;
}

}  // namespace

ToldMonitors::ToldMonitors(const conf::Dnsd& config) : config_(config), watches_(watches(config)) {}

// One that looks at an address of its own does so once, whoever stands on it.
decide::Watch ToldMonitors::place_of(const conf::Monitor& monitor, const Address& address) const {
  return {monitor.name, monitor.address ? std::nullopt : address};
}

void ToldMonitors::find(const std::string& monitor, const std::string& sought, const Address& address,
                        std::set<decide::Watch>& out) const {
  const conf::Monitor* at = conf::find_monitor(config_.monitors, monitor);
  if (at == nullptr) return;
  if (monitor == sought) out.insert(place_of(*at, address));
  for (const std::string& part : at->of) find(part, sought, address, out);
}

std::set<base::IpAddress> ToldMonitors::addresses_at(const std::string& where) const {
  if (const auto address = base::IpAddress::parse(where)) return {*address};
  std::set<base::IpAddress> out;
  for (const conf::WideIp& wideip : config_.wideips) {
    for (const conf::Member& member : wideip.members) {
      if (member.site.empty() && member.pool == where) out.insert(member.addresses.begin(), member.addresses.end());
    }
  }
  return out;
}

MonitorValue ToldMonitors::value_of(const std::string& monitor, const Address& address) const {
  const conf::Monitor* at = conf::find_monitor(config_.monitors, monitor);
  if (at == nullptr) return MonitorValue::kUnknown;
  const auto told = told_.find(place_of(*at, address));
  if (told != told_.end()) return told->second;
  if (!conf::is_composite(at->kind)) return MonitorValue::kUnknown;
  std::vector<MonitorValue> parts;
  for (const std::string& part : at->of) parts.push_back(value_of(part, address));
  return combine(at->kind, at->n, parts);
}

std::vector<ProbeInput> ToldMonitors::news(base::Instant at) {
  std::vector<ProbeInput> out;
  for (const decide::Watch& watch : watches_) {
    const MonitorValue told = value_of(watch.monitor, watch.address);
    const bool disabled = told == MonitorValue::kDisabled;
    decide::Health& known = known_[watch];
    if (known.value == to_decide(told) && known.disabled == disabled) continue;
    known = {to_decide(told), at, "so says the timeline", false, disabled};
    out.push_back({watch, known});
  }
  return out;
}

base::Result<std::vector<ProbeInput>> ToldMonitors::tell(const std::string& monitor, const std::string& where,
                                                         MonitorValue value, base::Instant at) {
  if (conf::find_monitor(config_.monitors, monitor) == nullptr) {
    std::vector<std::string_view> names;
    for (const conf::Monitor& each : config_.monitors) names.emplace_back(each.name);
    const auto near = base::nearest(monitor, names);
    return base::fail("there is no monitor " + monitor + (near ? " (did you mean \"" + *near + "\"?)" : ""));
  }
  const auto meant = addresses_at(where);
  const auto is_meant = [&](const Address& address) { return where.empty() || (address && meant.contains(*address)); };
  std::set<decide::Watch> places;
  for (const decide::Watch& watch : watches_) {
    std::set<decide::Watch> found;
    find(watch.monitor, monitor, watch.address, found);
    for (const decide::Watch& place : found) {
      if (is_meant(watch.address) || is_meant(place.address)) places.insert(place);
    }
  }
  if (places.empty()) {
    return base::fail("no wide-IP stands on monitor " + monitor + (where.empty() ? "" : " at " + where) +
                      "; expected: monitor NAME, monitor NAME@MEMBER or monitor NAME@ADDRESS");
  }
  for (const decide::Watch& place : places) told_[place] = value;
  return news(at);
}

}  // namespace control
