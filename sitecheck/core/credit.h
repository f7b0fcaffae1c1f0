// Checkpoint rounds that stand for a silent peer's grant (protocol.md rule 3): what each is worth, and from when on.
#pragma once

#include <cstddef>
#include <optional>
#include <vector>

#include "base/time.h"
#include "ecv/timing.h"

namespace core {

class Credit {
 public:
  explicit Credit(const ecv::Timing& timing) : lease_(timing.lease), window_(timing.window()) {}

  // A round begun at `begun_at` reached the quorum, known `now`; `spoke_at` is when the peer was last heard, if ever.
  void round_ok(base::Instant begun_at, std::optional<base::Instant> spoke_at, base::Instant now);
  // A round failed: those before it are not credited. A quorum reached for a moment only may fall between two rounds of
  // the other site, which then could not know that its own was lost.
  void round_failed() { rounds_.clear(); }
  // The peer spoke: no round under way is credited. Returns how many were dropped.
  std::size_t cancel();
  void clear() { rounds_.clear(); }
  // Until when the rounds are good whose window is over (rule 3: credited only at x+W; here x+W counts from the round's
  // end, which is when the quorum is proved, while the lease counts from its begin) and that a later one has followed.
  // Nothing if there is none, or it is over already.
  [[nodiscard]] std::optional<base::Instant> due(base::Instant now);
  // When the next round may be credited.
  [[nodiscard]] std::optional<base::Instant> next() const;

 private:
  base::Duration lease_;
  base::Duration window_;
  struct Round {
    base::Instant begun_at;
    base::Instant credit_at;
  };
  std::vector<Round> rounds_;  // in order
};

}  // namespace core
