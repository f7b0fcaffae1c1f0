// FENCING: report first, then soft, from F/2 on hard, until confirmed (protocol.md section 3, "Fence").
#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

void Pool::begin_fence(const std::string& why, Counter cause) {
  counters_.add(cause);
  ++fence_count_;
  failed_writer_ = cause == Counter::kFenceFailedWriter || cause == Counter::kFenceOperator;
  go(State::kFencing, why);                                       // from here on nothing reports ACTIVE
  if (!mutant(Mutation::kPermitKept)) emit(ClearPermit{index_});  // before the first action of FENCING
  if (switchover_ && switchover_->step != SwitchoverStep::kReleased) {
    end_switchover(false, "given up: " + why + "; this site is being fenced");
  }
  permit_.clear();
  arbiter_->give_up();
  bump_.reset();
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
  clear_alarm("fence");
  fence_ = e.hard ? ecv::FenceKind::kHard : ecv::FenceKind::kSoft;
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
  go(State::kFenced, reason_);
  if (failed) release_to_peer();
}

}  // namespace core
