// The permit of one pool: until when this site may write (protocol.md section 1), and the checkpoint rounds that wait
// to be credited (rule 3).
#pragma once

#include <optional>
#include <vector>

#include "base/time.h"
#include "ecv/timing.h"

namespace core {

class Permit {
 public:
  explicit Permit(const ecv::Timing& timing) : lease_(timing.lease), window_(timing.window()) {}

  [[nodiscard]] bool valid(base::Instant now) const { return until_ && now < *until_; }
  [[nodiscard]] std::optional<base::Instant> until() const { return until_; }
  // True while the part of it that the peer granted runs.
  [[nodiscard]] bool granted(base::Instant now) const { return granted_until_ && now < *granted_until_; }

  // A grant for the request sent at `sent_at`: the lease counts from the send (rule 1). True if the permit grew.
  bool grant(base::Instant sent_at, base::Instant now);
  // As of a restart within the lease.
  void restore(base::Instant until) { until_ = until; }
  // A single site's own.
  bool self_grant(base::Instant now);
  // A round begun at `begun_at` reached the quorum, known `now`; `spoke_at` is when the peer was last heard, if ever.
  void round_ok(base::Instant begun_at, std::optional<base::Instant> spoke_at, base::Instant now);
  // A round failed: those before it are not credited. A quorum reached for a moment only may fall between two rounds of
  // the other site, which then could not know that its own was lost.
  void round_failed() { rounds_.clear(); }
  // The peer spoke: no round under way is credited. Returns how many were dropped.
  std::size_t cancel_rounds();
  // Credits the rounds whose window is over (rule 3: credited only at x+W; here x+W counts from the round's end, which
  // is when the quorum is proved, while the lease counts from its begin) and that a later one has followed. True if the
  // permit grew.
  bool credit(base::Instant now);
  // When the next round may be credited.
  [[nodiscard]] std::optional<base::Instant> next_credit() const;
  void clear();

 private:
  bool extend(base::Instant until);

  base::Duration lease_;
  base::Duration window_;
  std::optional<base::Instant> until_;
  std::optional<base::Instant> granted_until_;
  struct Round {
    base::Instant begun_at;
    base::Instant credit_at;
  };
  std::vector<Round> rounds_;  // in order
};

}  // namespace core
