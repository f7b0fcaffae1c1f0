// The substitution timer of one pool (protocol.md rule 2): how long has the peer been silent and the external
// checkpoint quorum been reached, both without interruption?
#pragma once

#include <optional>

#include "base/time.h"
#include "ecv/timing.h"

namespace core {

class Silence {
 public:
  Silence(const ecv::Timing& timing, base::Instant now);

  // Any verified message from the peer, a failed round, a gap in the loop, boot, the loss of a permit; or a reason to
  // doubt that the peer is dead: something unverifiable on its path (rule 10).
  void reset(base::Instant now);
  // A relay told `age` ago that the peer is ACTIVE (rule 14): inhibits as if that had been heard then.
  void inhibit(base::Instant heard_at);
  // A round with quorum, begun at `begun_at`, whose outcome is known `now`. A second try may have been the one that
  // succeeded: the quorum is proved for the end of the round only, not for its begin.
  void round_ok(base::Instant begun_at, base::Instant now);
  void round_failed(base::Instant now);

  // True once the peer was silent for T_promote and every round of that time reached the quorum. The first of them may
  // have begun up to one round R after the silence: the bound on T_promote contains R (protocol.md section 4).
  [[nodiscard]] bool elapsed(base::Instant now) const;
  // When the silence alone will have lasted long enough.
  [[nodiscard]] base::Instant due() const { return since_ + promote_wait_; }
  [[nodiscard]] base::Instant since() const { return since_; }
  // Since when the rounds have reached the quorum without a failure or a gap; nothing if the last one did not.
  [[nodiscard]] std::optional<base::Instant> rounds_since() const { return first_ok_; }

 private:
  base::Duration promote_wait_;
  base::Duration window_;
  base::Instant since_;
  std::optional<base::Instant> first_ok_;  // begin of the first round of the unbroken row
  std::optional<base::Instant> last_ok_;
};

}  // namespace core
