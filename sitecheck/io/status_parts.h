// The parts of `status` and what they share. For sources of this folder only.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>

#include "base/time.h"
#include "sitecheck/core/view.h"
#include "sitecheck/io/status_json.h"

namespace sitecheck {

using Json = nlohmann::ordered_json;

// Null for nothing.
template <typename T, typename J = Json>
J or_null(const std::optional<T>& v) {
  return v ? J(*v) : J(nullptr);
}
// Milliseconds; null for what never was.
[[nodiscard]] Json age(const std::optional<base::Instant>& at, base::Instant now);
// For people; "" for what never was.
[[nodiscard]] std::string local_time(const std::optional<base::Instant>& at, const Present& p);

// One item of `pools`. Shape: conf/schema/sitecheck-status.schema.json.
[[nodiscard]] Json pool_json(const Runner& runner, core::PoolIndex index, const Present& p);
[[nodiscard]] Json voters_json(const core::ArbiterView& arbiter, const Present& p);

}  // namespace sitecheck
