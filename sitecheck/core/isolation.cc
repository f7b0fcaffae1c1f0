#include "sitecheck/core/isolation.h"

namespace core {

Isolation::Turn Isolation::update(const Checkpoints& checkpoints, const SiteConfig& site, bool held,
                                  base::Instant now) {
  const auto quorum = checkpoints.quorum();
  const bool lost = quorum && !*quorum && !checkpoints.none();
  if (!lost) {
    lost_since_.reset();
  } else if (!lost_since_) {
    lost_since_ = now;
  }
  if (lost && !held && now - *lost_since_ >= site.timing.lease && !failed_) {
    failed_ = true;
    return Turn::kFailed;
  }
  const auto good_since = checkpoints.good_since();
  if (failed_ && !lost && !site.checkpoints_latch && good_since && now - *good_since >= site.checkpoints_clear_after) {
    failed_ = false;
    return Turn::kCleared;
  }
  return Turn::kNone;
}

bool Isolation::clear(const Checkpoints& checkpoints) {
  if (!failed_) return true;
  if (!checkpoints.none() && !checkpoints.quorum().value_or(false)) return false;
  failed_ = false;
  return true;
}

}  // namespace core
