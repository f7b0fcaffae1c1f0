// What an earlier process gave to nodes and the configuration no longer knows: a role, an address of one, a node or a
// whole pool that was taken out of the file. Each is taken away by the on_demote that was configured when it was given,
// one after the other, before any role gets an address (it may be the same one). A hook that fails is alarmed, and what
// it was for is given up.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/uv.h"
#include "sitecheck/core/mode.h"
#include "sitecheck/io/orders.h"
#include "sitecheck/io/role_keeper.h"

namespace sitecheck {

// Those of `kept` that some node has and `now` does not place there.
[[nodiscard]] std::vector<Placed> left_over(const std::vector<Placed>& kept, const std::vector<Placed>& now);

class RoleLeftovers {
 public:
  RoleLeftovers(base::Loop& loop, std::vector<Placed> left, RoleKeeperOptions options);
  ~RoleLeftovers();
  RoleLeftovers(const RoleLeftovers&) = delete;
  RoleLeftovers& operator=(const RoleLeftovers&) = delete;

  // Goes on, but in mode passive. True once nothing is left.
  bool look(core::Mode mode);
  // What is left, for the next process.
  [[nodiscard]] const std::vector<Placed>& placed() const;
  // Hooks that failed, of that pool.
  [[nodiscard]] std::vector<std::string> alarms(const std::string& pool) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
