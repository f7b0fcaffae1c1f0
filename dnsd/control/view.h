// All that control can show of itself, borrowed for one answer: for status, explain and metrics. Read only.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "conf/dnsd.h"
#include "dnsd/control/engine.h"
#include "dnsd/control/health.h"
#include "dnsd/control/monitors.h"
#include "dnsd/control/overrides.h"
#include "dnsd/control/relay.h"
#include "dnsd/control/service_tests.h"
#include "dnsd/control/topology.h"
#include "dnsd/control/voter.h"
#include "dnsd/control/zone_table.h"
#include "zones/snapshot/counters.h"

namespace control {

struct ReloadCounters {
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
};

// The map in force, and how it fares.
struct TopologyStanding {
  std::shared_ptr<const Topology> now = std::make_shared<const Topology>(make_topology({}).value());
  std::string fault;           // why the database is not the file that is there now; empty: it is
  std::uint64_t failures = 0;  // times that a database could not be used
};

// The orders of operators that are in force.
struct OverrideStanding {
  OrderList list;
  OverrideCounters counters;
  bool writable = true;  // the last write of the state file succeeded
};
inline const OverrideStanding kNoOverrides{};

struct View {
  const conf::Dnsd& config;
  const std::vector<base::SocketAddress>& listen;  // really bound
  const ZoneTable& zones;
  const HealthTable& health;
  const Engine& engine;
  const FaultCounters& faults;  // of polls, by reason; [kNone] counts the good ones
  const RelayCounters& relays;
  const Voter& voter;
  const ServiceTests& services;
  const Monitors& monitors;
  const ReloadCounters& reloads;
  const TopologyStanding& topology;
  snapshot::Summed queries;
  base::Instant started;
  Now now;
  bool ready = false;
  const OverrideStanding& overrides = kNoOverrides;
};

// Wide-IPs that one status shows at most.
inline constexpr std::size_t kStatusListed = 1000;
// Text of the `data` of `status`; the stats port gives the same at /api/v1/status. `from`: the wide-IPs from that place
// of the configuration on. Without it, and if there are more than kStatusListed, those in trouble come first.
[[nodiscard]] std::string status_json(const View& view, std::optional<std::size_t> from = std::nullopt);
// Text of the `data` of `explain NAME`; error: no such wide-IP, with the nearest name. With `client`, what that network
// is answered too.
[[nodiscard]] base::Result<std::string> explain_json(const View& view, const std::string& name,
                                                     const std::optional<base::Prefix>& client = std::nullopt);

}  // namespace control
