#include "sitecheck/core/silence.h"

#include <algorithm>

#include "sitecheck/core/mutation.h"

namespace core {

Silence::Silence(const ecv::Timing& timing, base::Instant now)
    : promote_wait_(timing.promote_wait), window_(timing.window()), since_(now) {
  if (!mutant(Mutation::kNoBootMoratorium)) return;
  since_ = now - promote_wait_;
  first_ok_ = since_;
  last_ok_ = now;
}

void Silence::reset(base::Instant now) { since_ = std::max(since_, now); }

void Silence::inhibit(base::Instant heard_at) { since_ = std::max(since_, heard_at); }

void Silence::round_ok(base::Instant begun_at, base::Instant now) {
  // Rounds further apart than R leave a time of which nobody knows.
  const bool apart = !last_ok_ || (begun_at - *last_ok_ > window_ && !mutant(Mutation::kNoGapReset));
  if (apart) first_ok_ = now;
  last_ok_ = begun_at;
}

void Silence::round_failed(base::Instant now) {
  first_ok_.reset();
  last_ok_.reset();
  if (!mutant(Mutation::kInstantCheckpoint)) reset(now);
}

bool Silence::elapsed(base::Instant now) const {
  if (now - since_ < promote_wait_) return false;
  if (!last_ok_ || now - *last_ok_ > window_) return false;
  if (mutant(Mutation::kInstantCheckpoint)) return true;
  return now - *first_ok_ >= promote_wait_ - window_;
}

}  // namespace core
