// What `status` and /metrics show of the monitors.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "base/io/metrics_text.h"
#include "dnsd/control/view.h"

namespace control {

// At most kStatusListed; if there are more, those that are not up come first.
// Shape: `monitors` in conf/schema/dnsd-status.schema.json.
[[nodiscard]] nlohmann::ordered_json monitors_json(const View& view);

void add_monitors(io::MetricsText& out, const View& view);

}  // namespace control
