// What people ordered that outlives the process: the mode, downtimes, and where the addresses of the roles are.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "sitecheck/core/downtime.h"
#include "sitecheck/core/mode.h"

namespace sitecheck {

// One address of a role.
struct Placed {
  std::string pool;
  std::string role;
  std::string address;  // "" of a role without addresses
  std::string node;     // who has it, "" if nobody: written before a node gets it
  std::string pinned;   // where a person put it, "" if nobody did
  // By which it is taken away once the configuration no longer knows it.
  std::string kind{};
  std::string host{};  // of the node
  std::uint16_t port = 0;
  std::vector<std::string> on_demote{};
  base::Duration hook_timeout = base::seconds(10);
  bool owed = false;  // the node lost it and on_demote failed there: it is tried again
};

struct Orders {
  core::Mode mode = core::Mode::kActive;
  core::Downtimes downtimes;
  std::vector<Placed> placed;
};

// The text of a JSON object, one line.
[[nodiscard]] std::string encode(const Orders& orders);
// Nothing if the text is not what encode() gives.
[[nodiscard]] std::optional<Orders> decode_orders(std::string_view text);

}  // namespace sitecheck
