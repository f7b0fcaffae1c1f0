// What a running sitecheck shows: the agreed status object, the ECV report's frame, nodes for the plain forms, metrics.
#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "sitecheck/io/ecv_server.h"
#include "sitecheck/io/runner.h"

namespace sitecheck {

struct Present {
  base::Instant now;
  base::WallTime wall;
  base::Instant started;
};

// conf/schema/sitecheck-status.schema.json, as text; `with_pools` false: "pools" is empty.
[[nodiscard]] std::string status_json(const Runner& runner, const Present& present, bool with_pools = true);
// One element of its "pools".
[[nodiscard]] std::string pool_status_json(const Runner& runner, std::size_t index, const Present& present);
// Prometheus text exposition.
struct ReloadCounters;
[[nodiscard]] std::string reload_metrics(const ReloadCounters& counters);
[[nodiscard]] std::string metrics_text(const Runner& runner, const EcvCounters* ecv, const Present& present);
// In priority order; empty if there is no such pool.
[[nodiscard]] std::vector<EcvNode> ecv_nodes(const Runner& runner, std::string_view pool, base::Instant now);

}  // namespace sitecheck
