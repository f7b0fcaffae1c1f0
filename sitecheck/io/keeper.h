// What people ordered and what follows from it, of the whole site: the mode, downtimes, and the roles of every pool.
// Kept in state_dir/orders, two slots, so that it holds over a restart.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/site.h"
#include "sitecheck/io/role_keeper.h"

namespace sitecheck {

class Keeper {
 public:
  // Reads what an earlier process left; what cannot be read is logged, and counts as no orders.
  Keeper(base::Loop& loop, const conf::Sitecheck& conf, std::function<void(const core::Journal&)> journal);
  ~Keeper();
  Keeper(const Keeper&) = delete;
  Keeper& operator=(const Keeper&) = delete;

  [[nodiscard]] core::Mode mode() const;
  // `done` when it is on disk, or cannot be kept.
  void set_mode(core::Mode mode, std::function<void()> done);

  void set_downtime(core::Downtime downtime);
  // False: the node had none.
  bool end_downtime(const std::string& pool, const std::string& node);
  // Null: none now.
  [[nodiscard]] const core::Downtime* downtime(const std::string& pool, const std::string& node,
                                               base::WallTime now) const;

  // `conf` was replaced: roles and addresses that are no more, and those at nodes that are no more, are taken away by
  // their hooks as they were; all else stays where it is.
  void reconfigure();

  // After each turn: downtimes end, roles follow.
  void look(const core::Site& site, base::Instant now, base::WallTime wall);

  [[nodiscard]] std::vector<RoleView> roles(core::PoolIndex pool) const;
  // RoleKeeper::move.
  [[nodiscard]] base::Result<std::string> move(core::PoolIndex pool, const std::string& node, const std::string& role,
                                               const std::string& address);
  // The pool's alarms but those of nodes in downtime, and those of its roles.
  [[nodiscard]] std::vector<std::string> alarms(core::PoolIndex pool, const core::PoolView& view,
                                                base::WallTime now) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
