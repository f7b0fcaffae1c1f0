// What a monitor found at an address. Values only.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>

#include "base/ip.h"
#include "base/time.h"

namespace decide {

// What is probed: a monitor at an address of a member. Members of several wide-IPs that have the same address and the
// same monitor share one. Without an address: a monitor that stands in `requires` and knows itself where to look.
struct Watch {
  std::string monitor;
  std::optional<base::IpAddress> address;
  auto operator<=>(const Watch&) const = default;
};

// After thresholds, hold-down and manual resume: these are the monitor's business, not the decision's.
struct Health {
  enum class Value : std::uint8_t {
    kUnknown,  // never probed: SILENT, which is not up
    kUp,
    kDown,
  };
  Value value = Value::kUnknown;
  base::Instant since{};  // when it became so
  std::string text{};     // what the latest probe found, for people
  bool failing = false;   // up, but the latest probe failed: the answer goes out with min_ttl
  bool disabled = false;  // down, for it asks itself for no new clients: never answered, not even by Then::kAll
  bool operator==(const Health&) const = default;
};

}  // namespace decide
