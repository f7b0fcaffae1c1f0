// The inside of RoleKeeper, shared by role_keeper.cc (what a role does) and role_keeper_reload.cc (the configuration
// read anew).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/io/subprocess.h"
#include "sitecheck/core/roles.h"
#include "sitecheck/io/role_keeper.h"

namespace sitecheck {

struct RoleAtWork {
  conf::Role conf;
  bool gone = false;                   // no longer configured: its addresses are taken away
  std::size_t live = 0;                // of `addresses` those that are configured; they come first
  std::vector<std::string> addresses;  // one "" where there is none; then those that are no longer configured
  core::Holders wanted;
  core::Holders actual;  // who has it, or is being given it
  core::Holders pinned;
  std::vector<bool> confirm;  // on_promote must run (again) though `actual` has it
  std::vector<bool> able;     // balanced: at the last look
  std::optional<base::Instant> retry_at;
  bool keeping = false;  // a step is being written down
  std::unique_ptr<io::Subprocess> run;
  core::RoleStep step;  // while keeping or running
  std::string step_why;
  std::string why = "start";
  std::map<std::size_t, std::string> alarms;  // by address: on_promote failed
};

struct RoleKeeper::Impl {
  Impl(base::Loop& l, const conf::Pool& p, RoleKeeperOptions o)
      : loop(l), pool(p), nodes(p.nodes), options(std::move(o)), retry(l, [this] { go_on(); }) {}

  void restore(const std::vector<Placed>& placed);
  [[nodiscard]] core::Holder index_of(const std::string& node) const;
  [[nodiscard]] std::string name_of(const core::Holder& node) const { return node ? nodes[*node].name : ""; }
  void want(RoleAtWork& role, core::Holders wanted, const std::string& why);
  void go_on();
  void go_on(RoleAtWork& role);
  [[nodiscard]] std::optional<core::RoleStep> next(const RoleAtWork& role) const;
  void run(RoleAtWork& role);
  void ended(RoleAtWork& role, const io::SubprocessEnd& end);
  void failed(RoleAtWork& role, const io::SubprocessEnd& end);
  [[nodiscard]] Placed placed(const RoleAtWork& role, std::size_t address, const core::Holder& node) const;
  void tell(const RoleAtWork& role, base::Level level, const std::string& message,
            std::vector<std::pair<std::string, std::string>> more = {}) const;
  [[nodiscard]] io::SubprocessOptions order(const RoleAtWork& role, const std::vector<std::string>& args) const;
  [[nodiscard]] base::Result<RoleAtWork*> find_role(const std::string& name);
  [[nodiscard]] bool is_elsewhere(const RoleAtWork& role, std::size_t address) const;
  [[nodiscard]] bool is_at_work(const RoleAtWork& role) const { return role.run != nullptr || role.keeping; }
  [[nodiscard]] core::Holders balanced(const RoleAtWork& role, const core::Holders& pinned) const;
  [[nodiscard]] core::Holders wanted_of(const RoleAtWork& role, const core::Holder& writer) const;
  void forget_what_is_gone();
  void take_nodes(const conf::Pool& next);
  void take_addresses(RoleAtWork& role, std::vector<std::string> configured);

  base::Loop& loop;
  conf::Pool pool;
  // Those of the pool; then those that are no longer configured and have, or had, an address that is still to be taken
  // away: nobody able.
  std::vector<conf::Node> nodes;
  RoleKeeperOptions options;
  std::vector<std::unique_ptr<RoleAtWork>> roles;
  core::Mode mode = core::Mode::kPassive;  // until the first look
  ecv::Epoch epoch;
  bool looked = false;
  base::Timer retry;
  std::shared_ptr<bool> lives = std::make_shared<bool>(true);  // for answers that come after the end
};

// Their texts; one "" of a role without addresses.
[[nodiscard]] std::vector<std::string> addresses_of(const conf::Role& role);

}  // namespace sitecheck
