// The roles of one pool at work: where each address ought to be, who has it, and the hooks that move it. One hook of a
// role runs at a time; an address is taken from a node before another gets it; nobody waits for a hook but the role's
// next one.
#pragma once

#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/core/mode.h"
#include "sitecheck/core/view.h"
#include "sitecheck/io/orders.h"

namespace sitecheck {

struct RoleView {
  std::string name;
  conf::RoleKind kind = conf::RoleKind::kExclusive;
  struct Address {
    std::string address;
    std::string node;    // who ought to have it, "" if nobody
    std::string at;      // who has it, "" if nobody
    std::string pinned;  // where a person put it
  };
  std::vector<Address> addresses;
  std::string running;  // the hook that runs: "on_promote db1"
  std::string alarm;    // an on_promote that failed, "" if none did
};

struct RoleKeeperOptions {
  std::string site;
  // Keeps what placed() gives; `done` when it is on disk, or cannot be kept.
  std::function<void(std::function<void()> done)> keep;
  std::function<void(const core::Journal&)> journal;
  // On_demote failed there: to be tried again, which is alarmed until it is done.
  std::function<void(Placed, std::string why)> owes{};
};

class RoleKeeper {
 public:
  // `placed`: what an earlier process left; entries of other pools and of roles that are no more are passed over.
  RoleKeeper(base::Loop& loop, const conf::Pool& pool, const std::vector<Placed>& placed, RoleKeeperOptions options);
  ~RoleKeeper();
  RoleKeeper(const RoleKeeper&) = delete;
  RoleKeeper& operator=(const RoleKeeper&) = delete;

  // What is known of the pool now; acts on it. Nothing happens before every local node was polled, and nothing at all
  // in mode passive. In mode manual balanced addresses stay where they are.
  void look(const core::PoolConfig& config, const core::PoolView& view, core::Mode mode,
            const std::set<std::string>& in_downtime);
  // The configuration was read anew. What is no longer configured (a role, an address of one, a node that has one) is
  // taken away first, by on_demote as it was told of it last, and is shown until then; all else stays where it is.
  void reconfigure(const conf::Pool& next);
  // Whoever has `address` gets it once more: a late on_demote elsewhere may have taken it along.
  void confirm(const std::string& address);
  // No address is at any node, and no hook runs.
  [[nodiscard]] bool idle() const;
  [[nodiscard]] const std::string& pool() const;  // its name

  // A person puts an address of a balanced role to `node`, or with node "auto" where the balance puts it. `role` may be
  // "" where there is one balanced role, `address` where the role has one. Gives what was done; error: why not.
  [[nodiscard]] base::Result<std::string> move(const std::string& node, const std::string& role,
                                               const std::string& address);
  [[nodiscard]] std::vector<RoleView> view() const;
  [[nodiscard]] std::vector<Placed> placed() const;
  [[nodiscard]] std::vector<std::string> alarms() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
