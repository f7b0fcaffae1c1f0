// ACTIVE: the permit, the database, and the epochs of others (protocol.md section 3).
#include "sitecheck/core/pool.h"

namespace core {

void Pool::act_active() {
  if (keeps_writing()) bump_if_outrun();
}

// Renews what this site grants itself. False: FENCING has begun, the permit or the database is lost.
bool Pool::keeps_writing() {
  if (!link_ && (checkpoints_->none() || checkpoints_->quorum().value_or(false)) &&
      (!permit_.until() || *permit_.until() - now_ < timing().lease - timing().interval / 2) &&
      permit_.self_grant(now_)) {
    counters_.add(Counter::kRenewedBySelf);
    set_permit();
  }
  const Node& node = nodes_[*writer_];
  if (!permit_.valid(now_)) {
    begin_fence("the permit ran out", Counter::kFenceExpired);
  } else if (node.failed()) {
    begin_fence(node.config().name + " failed: " + node.message(), Counter::kFenceFailedWriter);
  } else {
    return true;
  }
  return false;
}

// "Higher live epoch → FENCING." Two writers with one counter can only come from a broken assumption; then the higher
// site id stays, so that it is one. A lower one is the other site's to give up.
void Pool::yield_to_higher_epoch() {
  const bool writes = state_ == State::kActive || state_ == State::kDraining;
  if ((!writes && state_ != State::kPromoting) || !live_owner()) return;
  if (state_ == State::kPromoting) {
    // Alive and ACTIVE after all. Before read_only=0 was sent nothing is lost by giving up.
    if (!opened_) return abandon_promotion("the peer is ACTIVE");
    if (peer_active_epoch_.value > promote_epoch_.value) abandon_promotion("the peer is ACTIVE with a higher epoch");
    return;
  }
  if (peer_active_epoch_.value > epoch_.value) {
    begin_fence("the peer is ACTIVE with a higher epoch", Counter::kFenceHigherEpoch);
  } else {
    raise_alarm("two_writers", "the peer is ACTIVE with a lower epoch");
  }
}

}  // namespace core
