// Checkpoint rounds of the site, shared by its pools (protocol.md rule 9): fast ones only while a peer is silent, else
// one every 10 s; the quorum of the external ones; which part of the network is cut.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/events.h"
#include "sitecheck/core/view.h"

namespace core {

class Checkpoints {
 public:
  Checkpoints(const SiteConfig& config, base::Instant now);

  // Those that stay (id and target) keep what is known of them; a round under way is dropped and another begun at once.
  // The last verdict on the quorum holds until then.
  void reconfigure(const SiteConfig& config);

  // The outcome of a round as the pools see it.
  struct Verdict {
    base::Instant begun_at;  // when it was asked for: not after its first try, so a lease may count from here
    bool quorum = false;     // false also if there are no external checkpoints: nothing was proved
  };
  // Nothing if it is not the round under way.
  std::optional<Verdict> done(const RoundDone& event, base::Instant now);
  // A round that never came back counts as failed.
  std::optional<Verdict> overdue(base::Instant now);
  // Begins a round if it is time: every interval if `fast`.
  void act(bool fast, base::Instant now, std::vector<Action>& actions);
  [[nodiscard]] base::Instant next(bool fast) const;

  // Of the last round; nothing before the first one.
  [[nodiscard]] std::optional<bool> quorum() const { return quorum_; }
  // Rounds have reached the quorum without a failure since then.
  [[nodiscard]] std::optional<base::Instant> good_since() const { return good_since_; }
  // No external checkpoint is configured: there is no quorum to lose.
  [[nodiscard]] bool none() const { return view_.total == 0; }
  [[nodiscard]] const CheckpointsView& view() const { return view_; }

 private:
  void take_over(const SiteConfig& config);
  void take(const RoundDone& event, base::Instant now);
  [[nodiscard]] std::string cut() const;

  base::Duration interval_;
  base::Duration limit_;
  CheckpointsView view_;
  std::vector<std::string> targets_;  // by item
  std::uint64_t round_ = 0;
  std::optional<base::Instant> begun_;  // of the round under way
  std::optional<base::Instant> last_begun_;
  std::optional<bool> quorum_;
  std::optional<base::Instant> good_since_;
};

}  // namespace core
