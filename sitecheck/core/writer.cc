// ACTIVE: the permit, the database, and the epochs of others (protocol.md section 3).
#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

void Pool::act_active() {
  if (!live_owner()) clear_alarm("two_writers");  // it fell silent
  if (!keeps_writing()) return;
  bump_if_outrun();
  beat();
  act_failback();
}

// Only while the node was seen open, and the permit has time left for it. A late one is not made up for.
void Pool::beat() {
  if (!config_->heartbeat || !nodes_[*writer_].seen_open()) return;
  if (beat_at_ && now_ - *beat_at_ < *config_->heartbeat) return;
  beat_at_ = now_;
  emit(WriteBeat{index_, *writer_, epoch_, now_, *config_->heartbeat, *permit_.until()});
}

// False: FENCING has begun, the permit or the database is lost.
bool Pool::keeps_writing() {
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

void Pool::permit_lost(const std::string& why) {
  if (state_ == State::kPromoting) return abandon_promotion(why);
  if (claims()) begin_fence(why, Counter::kFenceExpired);
}

// "Higher live epoch → FENCING." Two writers with one counter can only come from a broken assumption; then the higher
// site id stays, so that it is one. A lower one is the other site's to give up.
void Pool::yield_to_higher_epoch() {
  const Peer* owner = peers_.live_owner(now_);
  if (owner == nullptr) clear_alarm("two_writers");
  if (!holds() || owner == nullptr) return;
  if (state_ == State::kPromoting) {
    if (mutant(Mutation::kDeafCandidate)) return;
    // Alive and ACTIVE after all. Before read_only=0 was sent nothing is lost by giving up.
    if (!opened_) return abandon_promotion("the peer is ACTIVE");
    if (owner->active_epoch.value > promote_epoch_.value) abandon_promotion("the peer is ACTIVE with a higher epoch");
    return;
  }
  if (owner->active_epoch.value > epoch_.value) {
    begin_fence("the peer is ACTIVE with a higher epoch", Counter::kFenceHigherEpoch);
  } else {
    raise_alarm("two_writers", "the peer is ACTIVE with a lower epoch");
  }
}

}  // namespace core
