// What `status`, `explain` and /metrics show of votes and service tests.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/io/metrics_text.h"
#include "dnsd/control/view.h"

namespace control {

// The votes of this server; of the pools named, or of all. Shape: `votes` in conf/schema/dnsd-status.schema.json.
[[nodiscard]] nlohmann::ordered_json votes_json(const View& view, const std::vector<std::string>* pools = nullptr);
// The tests of service addresses, of these members or of all: `services` there.
[[nodiscard]] nlohmann::ordered_json services_json(const View& view,
                                                   const std::vector<decide::MemberId>* members = nullptr);

// Adds the series of both.
void add_witness(io::MetricsText& out, const View& view);

}  // namespace control
