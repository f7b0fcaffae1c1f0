// What HTTP ports tell of themselves in /metrics: the same families in both programs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/io/http_server.h"

namespace io {

// A port by its name in the configuration ("stats", "ecv"). Null: it is not open.
using NamedPort = std::pair<std::string, const HttpServer*>;

// Prometheus text: responses by status, connections and why they failed, streams of events. `prefix` as "wideip_dnsd".
[[nodiscard]] std::string http_metrics(std::string_view prefix, const std::vector<NamedPort>& ports);

}  // namespace io
