// What a drain, a pin or the end of one is asked with, checked. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/result.h"
#include "dnsd/control/overrides.h"

namespace control {

// How long an order lasts. The bounds keep what was meant for a night from being found a year later.
inline constexpr base::Duration kDrainStandard = std::chrono::hours(1);
inline constexpr base::Duration kLongestOrder = std::chrono::hours(24 * 30);
inline constexpr base::Duration kLongestForced = std::chrono::hours(24);  // a pin with break-glass

struct OrderRequest {
  Order order;
  std::string confirm;
};

// {"what","wideip","for","until","break_glass","confirm"}: `for` is "30m" or, of a drain, "forever"; `until` is
// "2026-11-23T03:00:00Z", with or without fractions, or with an offset instead of Z (RFC 3339). Error: what is missing
// or wrong, and what is allowed.
[[nodiscard]] base::Result<OrderRequest> read_order_request(decide::OrderKind kind, const nlohmann::ordered_json& args,
                                                            const std::string& user, const std::string& reason,
                                                            Now now);

// "2026-11-23T03:00:00+01:00" (RFC 3339 section 5.6). Nothing: it is none, or no such day.
[[nodiscard]] std::optional<base::WallTime> parse_time(const std::string& text);

// As the configuration has names: lower case, without the final dot.
[[nodiscard]] std::string plain_name(std::string name);

}  // namespace control
