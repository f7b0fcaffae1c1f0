// The heart of sitecheck: one site, its pools and its checkpoint rounds, as a pure state machine. It opens no socket
// and reads no clock: the shell hands in events and the time, performs the actions, and hands their outcomes back.
//
//   core::Site site(config, identity, loaded, now);
//   for each turn of the loop, after every socket was read to EAGAIN (base::AfterPoll):
//     site.step(events, now, actions);          // events may be empty: a deadline passed
//     perform actions in order; call again at site.next_deadline()
//
// One thread owns it. `now` is CLOCK_BOOTTIME and must not go back.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "ecv/report.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/events.h"
#include "sitecheck/core/kinds.h"
#include "sitecheck/core/view.h"

namespace core {

// sitecheck.yaml read anew: what the site is to be from now on.
struct Reconfiguration {
  SiteConfig config;               // its mode does not count: a person orders that
  Identity identity;               // of pools that are new: numbers that were never used before
  std::vector<LoadedPool> loaded;  // one per pool of `config`; what pools that are new find on disk
};

class Site {
 public:
  // `loaded` has one entry per pool. A permit that still runs keeps the pool ACTIVE with its epoch; all else begins at
  // INIT. Each pool then stays with its moratorium of T_promote (rule 5). Each pool gets a brain of its kind; the kind
  // must be among `kinds` (a name that is not is taken for the first).
  Site(SiteConfig config, Identity identity, std::span<const LoadedPool> loaded, base::Instant now,
       std::span<const Kind> kinds = builtin_kinds());
  ~Site();
  Site(Site&&) noexcept;
  Site& operator=(Site&&) noexcept;

  // Takes every event, then acts on time. Appends to `actions`.
  void step(std::span<const Event> events, base::Instant now, std::vector<Action>& actions);
  // Whether reconfigure() may take `next` over, as the site stands now: why not, one sentence each; empty if it may.
  // What is fixed for the life of a process (who this site is, its arbiter and its times, the other parties, the kinds
  // of pools) is the caller's to compare.
  [[nodiscard]] std::vector<std::string> against(const SiteConfig& next) const;
  // A turn of its own, in place of step(): pools and nodes are found again by name and keep what is known of them, the
  // indices of `next` hold from here on, in `actions` too. Outcomes that are still under way are told under the new
  // indices; those of nodes and pools that are no more are not told. Call it only if nothing is against it.
  void reconfigure(const Reconfiguration& next, base::Instant now, std::vector<Action>& actions);
  // When step() must be called again at the latest: at most one interval ahead.
  [[nodiscard]] base::Instant next_deadline() const;

  [[nodiscard]] PoolView pool(PoolIndex index, base::Instant now) const;
  [[nodiscard]] Standing standing(PoolIndex index) const;  // of the view, what costs nothing
  [[nodiscard]] CheckpointsView checkpoints() const;
  // All of the report but instance, boot_id, seq and server_time, which belong to the transport.
  [[nodiscard]] ecv::Report report(PoolIndex index, base::Instant now) const;
  // Whether the assumption of mode A is seen to hold (protocol.md section 6): "holds", "broken" or
  // "unknown", or "not needed" in modes B and C; and why.
  struct Assumption {
    std::string state;
    std::string detail;
  };
  [[nodiscard]] Assumption assumption(base::Instant now) const;
  [[nodiscard]] const SiteConfig& config() const;
  [[nodiscard]] Mode mode() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace core
