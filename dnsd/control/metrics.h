// /metrics of dnsd: all counters and the present state as Prometheus text.
//
// Cardinality is bounded: labels come from fixed sets, from the configured sites, pools and zones, and from the first
// kMetricsListed wide-IPs; what lies beyond is only counted (wideip_dnsd_wideips_not_listed).
#pragma once

#include <string>

#include "dnsd/control/view.h"

namespace control {

// Wide-IPs that have series of their own; likewise zones and members.
inline constexpr std::size_t kMetricsListed = 1000;

// The whole document, made at the moment of the scrape.
[[nodiscard]] std::string metrics_text(const View& view);

}  // namespace control
