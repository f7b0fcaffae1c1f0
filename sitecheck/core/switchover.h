// A planned handover, at the site that gives the writer away (protocol.md section 3, DRAINING; rule 12). Internal to
// this folder: what is shown of it is SwitchoverView.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>

#include "base/time.h"
#include "sitecheck/core/gtid.h"
#include "sitecheck/core/view.h"

namespace core {

// How often the target looks at its own position meanwhile.
inline constexpr base::Duration kDrainLook = base::milliseconds(20);

struct Switchover {
  std::optional<std::uint64_t> command;  // to be replied to; nothing: the service address was lost
  std::string target;                    // site, or "site/node" of this site
  std::optional<NodeIndex> node;         // the latter: that node; the permit stays here
  bool then_offline = false;             // of such a move: the node that wrote goes to MAINT
  std::string reason;
  SwitchoverStep step = SwitchoverStep::kClosing;
  base::Duration limit{};                  // for all of it, from `began` to the release
  base::Instant since;                     // of the step
  base::Instant began;                     // writes were told to stop
  base::Instant closed;                    // that was confirmed
  std::uint64_t fence_token = 0;           // of the fence under way; 0: none
  std::optional<base::Instant> looked_at;  // of that node: last ProbeNow
  int looks = 0;                           // polls since it was confirmed: the second began after it
  std::string given_up;                    // why; set from kReopening on
};

// What this writer held at earlier moments: how far behind it somebody is, told by nobody's clock but ours.
class WrittenPast {
 public:
  // A poll of the writer. Samples older than `keep` are dropped, all but the newest of them.
  void note(const std::string& text, const GtidSet& position, base::Instant now, base::Duration keep);
  // How old the oldest transaction is that `position` lacks: zero if it lacks none. Nothing: it lacks all that is
  // remembered, so it is at least as old as that.
  [[nodiscard]] std::optional<base::Duration> behind(const GtidSet& position, base::Instant now) const;
  // How long ago the oldest sample was taken.
  [[nodiscard]] base::Duration remembered(base::Instant now) const {
    return samples_.empty() ? base::Duration::zero() : now - samples_.front().at;
  }
  void clear() { samples_.clear(); }

 private:
  struct Sample {
    base::Instant at;  // first seen
    std::string text;
    GtidSet position;
  };
  std::deque<Sample> samples_;  // oldest first
};

}  // namespace core
