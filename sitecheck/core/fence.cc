// FENCING: report first, then soft, from F/2 on hard, until confirmed (protocol.md section 3, "Fence").
#include <algorithm>

#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

// A guard that acknowledged this permit has closed the writer when its deadline is over, G until it looks and F until
// that is done, on a clock that differs from ours by rho. It is what the peer relies on too when it substitutes
// (protocol.md section 5). A guard found dead counts as well if it was well within the lease: a host that is lost takes
// its guard along.
std::optional<base::Instant> Pool::guard_expiry() const {
  const bool lately = guard_alive_ || (guard_lost_at_ && now_ - *guard_lost_at_ <= timing().lease);
  if (config_->guard == "none" || !lately || !guard_armed_until_) return std::nullopt;
  const auto until = std::max(*guard_armed_until_, permit_.until().value_or(*guard_armed_until_));
  return until - timing().lease + ecv::least_grant_wait(timing());
}

// The database under fence says nothing, and no local node is known to be open.
bool Pool::writer_is_dumb() const {
  return writer_ && !nodes_[*writer_].answers() &&
         std::none_of(nodes_.begin(), nodes_.end(), [](const Node& n) { return n.config().local && n.seen_open(); });
}

void Pool::begin_fence(const std::string& why, Counter cause) {
  counters_.add(cause);
  ++fence_count_;
  failed_writer_ = cause == Counter::kFenceFailedWriter || cause == Counter::kFenceOperator;
  go(State::kFencing, why);                                       // from here on nothing reports ACTIVE
  if (!mutant(Mutation::kPermitKept)) emit(ClearPermit{index_});  // before the first action of FENCING
  if (switchover_ && switchover_->step != SwitchoverStep::kReleased) {
    end_switchover(false, "given up: " + why + "; this site is being fenced");
  }
  guard_closes_by_ = guard_expiry();
  permit_.clear();
  arbiter_->give_up();
  bump_.reset();
  note_semi_sync(SemiSync::kUnknown, 0);
  clear_alarm("two_writers");
  fence_since_ = now_;
  fence_hard_ = false;
  fence_first_token_ = token_ + 1;
  ask_fence(false);
}

void Pool::ask_fence(bool hard) {
  fence_asked_ = now_;
  fence_hard_ = hard;
  emit(Fence{index_, ++token_, hard, reason_});
}

void Pool::act_fencing() {
  if (guard_closes_by_ && now_ >= *guard_closes_by_ && writer_is_dumb()) {
    counters_.add(Counter::kFencedByGuard);
    return fenced(ecv::FenceKind::kHard, reason_ + "; closed by guard expiry: " + nodes_[*writer_].config().name +
                                             " does not answer, and the guard's deadline is over");
  }
  if (!fence_hard_ && now_ - fence_since_ >= timing().fence_bound / 2) {
    counters_.add(Counter::kFenceHard);
    return ask_fence(true);
  }
  if (!fence_hard_ || now_ - fence_asked_ < timing().fence_bound) return;
  fence_ = ecv::FenceKind::kFailed;
  raise_alarm("fence", "the fence is not confirmed; trying again");
  ask_fence(true);
}

void Pool::take(const FenceDone& e) {
  if (state_ == State::kDraining) return drained(e);
  if (state_ != State::kFencing || e.token < fence_first_token_ || e.token > token_) return;
  if (e.closing == Closing::kUnknown) {
    raise_alarm("fence", "the fence is not confirmed: " + e.message);
    return;  // act_fencing() asks again
  }
  fenced(e.hard ? ecv::FenceKind::kHard : ecv::FenceKind::kSoft, reason_);
}

// Confirmed: every local node is closed.
void Pool::fenced(ecv::FenceKind kind, std::string why) {
  clear_alarm("fence");
  fence_ = kind;
  guard_armed_until_.reset();
  guard_closes_by_.reset();
  const bool failed = failed_writer_ || nodes_[*writer_].failed();
  for (auto& node : nodes_) {
    if (!node.config().local) continue;
    node.set_closed(true);
    if (!node.failed() && node.state() != ecv::NodeState::kMaint) node.set(ecv::NodeState::kFenced);
  }
  opened_ = false;
  writer_.reset();
  follows_ = false;
  sample_.reset();
  rejoin_after_.reset();
  go(State::kFenced, std::move(why));
  if (failed) release_to_peer();
}

}  // namespace core
