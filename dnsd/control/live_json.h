// The texts of the live page's events: shapes in conf/schema/dnsd.openapi.json.
#pragma once

#include <deque>
#include <string>
#include <vector>

#include "dnsd/control/askers.h"
#include "dnsd/control/listing.h"
#include "dnsd/control/query_load.h"
#include "dnsd/control/view.h"

namespace control {

// A wide-IP as `status` has it.
struct LiveRow {
  std::string text;
  std::string lasting;  // the same without what passes by itself: ages, leases, and sentences that tell of them
};
[[nodiscard]] LiveRow live_row(const View& view, std::size_t index);
// `status` without its wide-IPs and monitors.
[[nodiscard]] std::string live_server(const View& view);
[[nodiscard]] std::string live_listing(const Listing& listing, const Listed& listed,
                                       const std::vector<std::string>& names);
// What the members of these wide-IPs (places in Engine::names()) claim, each once.
[[nodiscard]] std::string live_claims(const View& view, const std::vector<std::size_t>& wideips);
[[nodiscard]] std::string live_load(const QueryLoad::Sample& sample);
[[nodiscard]] std::string live_loads(const std::deque<QueryLoad::Sample>& samples);
[[nodiscard]] std::string live_clients(const Askers& askers, base::Instant now);
// Texts of JSON values as one array.
[[nodiscard]] std::string live_array(const std::vector<std::string>& texts);

}  // namespace control
