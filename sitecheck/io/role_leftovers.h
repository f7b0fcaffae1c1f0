// What a node may still have though it should not. Either an earlier process gave it and the configuration no longer
// knows it (a role, an address of one, a node or a whole pool that was taken out of the file): it is taken away before
// any role gets an address, as it may be the same one. Or on_demote failed when the node lost it: it is owed, alarmed,
// and tried again until it is done, after restarts too. Each by the on_demote that was configured when it was given,
// one after the other.
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
  // `taken` is told of what was owed and is done.
  RoleLeftovers(base::Loop& loop, std::vector<Placed> left, RoleKeeperOptions options,
                std::function<void(const Placed&)> taken, base::Duration retry = base::seconds(30));
  ~RoleLeftovers();
  RoleLeftovers(const RoleLeftovers&) = delete;
  RoleLeftovers& operator=(const RoleLeftovers&) = delete;

  // Goes on, but in mode passive. True once nothing is left, but perhaps owed.
  bool look(core::Mode mode);
  // On_demote failed at this node, and why: tried again after a while.
  void owe(Placed p, std::string why);
  [[nodiscard]] bool owes() const;
  // Where addresses are now: who got back what it owes, owes it no longer.
  void forgive(const std::vector<Placed>& now);
  // What is left or owed, for the next process.
  [[nodiscard]] std::vector<Placed> placed() const;
  // What is owed, of that pool.
  [[nodiscard]] std::vector<std::string> alarms(const std::string& pool) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
