// The story of a site for its journal: what was observed and what was done, told when it changes, in order and in
// words. The core tells its transitions itself (core::Journal); this adds what led to them: nodes, checkpoints, paths,
// votes, permits, guards, etcd, service addresses. Pure: it sees each step of the core and looks no further.
//
// What comes often is told once and then counted: a source that changes more than 20 times in a minute is silent for
// the rest of it, and datagrams that are refused are summed up a minute.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/time.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/core/site.h"

namespace sitecheck {

// Datagrams that were not believed.
struct RefusedDatagrams {
  std::string from;    // site or witness; "" where only the pool is known
  std::string pool;    // "" where it cannot be known
  std::string reason;  // for people
  std::uint64_t count = 0;
  base::Instant since;  // the first
};

class Chronicle {
 public:
  explicit Chronicle(const core::SiteConfig& config);
  ~Chronicle();
  Chronicle(const Chronicle&) = delete;
  Chronicle& operator=(const Chronicle&) = delete;

  // After `site` took `events` at `now` and wanted `actions`: the lines to write, oldest first, those of the core
  // among them at their place.
  [[nodiscard]] std::vector<core::Journal> tell(const core::Site& site, std::span<const core::Event> events,
                                                std::span<const core::Action> actions, base::Instant now);
  // The configuration was read anew: its indices hold from here on. Call it between the turns.
  void reconfigure(const core::SiteConfig& config);
  // Counted since the start.
  [[nodiscard]] std::vector<RefusedDatagrams> refused() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
