// What a person orders (spec.md section 2). Every order is journalled with who and why.
#include <algorithm>

#include "sitecheck/core/pool.h"

namespace core {

void Pool::take(const Command& e) {
  bool ok = false;
  std::string text;
  std::string what;
  switch (e.operation) {
    case Operation::kRecover:
      what = "recover";
      text = recover(e, false, ok);
      break;
    case Operation::kRecoverAcceptErrant:
      what = "recover --accept-errant";
      text = recover(e, true, ok);
      break;
    case Operation::kSetOffline:
      if (moves_away(e)) return;  // replied to when it is over
      what = "set-offline";
      text = set_offline(e, ok);
      break;
    case Operation::kSetOnline:
      what = "set-online";
      text = set_online(e, ok);
      break;
    case Operation::kPromoteForce:
      what = "promote --force";
      text = force(e, ok);
      break;
    case Operation::kSwitchover: return switch_over(e);  // likewise
    case Operation::kMoveWriter: return move_writer(e);  // likewise
    case Operation::kAbortSwitchover:
      what = "switchover --abort";
      text = abort_switchover(e, ok);
      break;
  }
  journal(base::Level::kWarn, "pool.command", what, {{"who", e.who}, {"reason", e.reason}, {"outcome", text}});
  emit(CommandReply{e.id, ok, std::move(text)});
}

std::string Pool::recover(const Command& e, bool accept_errant, bool& ok) {
  std::string done = "recovered";
  if (state_ == State::kQuarantined) {
    const Node* node = best();
    const auto errant = node == nullptr ? std::string() : node->position().lacking_in(peer_position());
    const bool known = node != nullptr && node->position_known() && peer_writes() &&
                       !peers_.writer(now_)->link.said()->position.empty();
    if (!accept_errant && !known) return "whether errant transactions are left cannot be told: no writer is heard";
    if (!accept_errant && !errant.empty()) return "errant transactions: " + errant;
    errant_accepted_ = accept_errant;
    if (accept_errant && !errant.empty()) done = "recovered; errant transactions accepted: " + errant;
    record_.quarantined = false;
    sample_.reset();
    clear_alarm("errant");
    errant_.clear();
    for (auto& n : nodes_) {
      if (n.state() == ecv::NodeState::kFenced) n.set(ecv::NodeState::kUnknown);
    }
    go(State::kStandby, "recovered by a person");
  }
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (e.node && *e.node != i) continue;
    nodes_[i].recover(now_);
    following_[i].retry_at.reset();
    following_[i].accepted = accept_errant && e.node == i;
  }
  if (!e.node) {
    if (isolation_.clear(*checkpoints_)) clear_alarm("checkpoints");
    promotions_.clear();
    unfit_until_ = now_;
    rejoin_after_.reset();
    set_service_lost(false);
    service_retry_.reset();
    clear_alarm("loss");
    clear_alarm("diverged");
  }
  ok = true;
  return done;
}

// The writer is set offline while another node of this site could write: it moves there first, so that no commit is
// lost. Where none could, the node is fenced.
bool Pool::moves_away(const Command& e) {
  if (state_ != State::kActive || !e.node || writer_ != e.node) return false;
  std::optional<NodeIndex> to;
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].config().local || !against_move(i, config_->switchover_limit).empty()) continue;
    if (!to || comes_before(i, *to)) to = i;
  }
  if (!to) return false;
  const std::string from = nodes_[*writer_].config().name;
  journal(base::Level::kWarn, "pool.command", "set-offline",
          {{"who", e.who},
           {"reason", e.reason},
           {"outcome", "the writer moves to " + nodes_[*to].config().name + " first"}});
  begin_move(*to, "set offline by a person", e.id, config_->switchover_limit);
  switchover_->then_offline = true;
  return true;
}

std::string Pool::set_offline(const Command& e, bool& ok) {
  if (!e.node || *e.node >= nodes_.size()) return "no such node";
  Node& node = nodes_[*e.node];
  const bool writes = writer_ == e.node;
  ok = true;
  node.set_offline();
  record_.set_offline(node.config().name, true);
  if (!node.config().local) return node.config().name + " is in MAINT; it belongs to another site and is watched only";
  const bool last = std::none_of(nodes_.begin(), nodes_.end(),
                                 [](const Node& n) { return n.config().local && n.state() != ecv::NodeState::kMaint; });
  if (!last && !writes) return node.config().name + " is in MAINT";
  record_.maint = last;
  const std::string then = node.config().name + " is being fenced, " +
                           (last ? "then in MAINT" : "and in MAINT: another node or another site may write then");
  switch (state_) {
    case State::kActive:
    case State::kDraining:
      maint_wanted_ = last;
      begin_fence("set offline by a person", Counter::kFenceOperator);
      return then;
    case State::kPromoting:
      maint_wanted_ = last;
      abandon_promotion("set offline by a person");
      if (state_ == State::kFencing) return then;
      break;
    case State::kFencing: maint_wanted_ = last; return then;
    case State::kQuarantined: return node.config().name + " is in MAINT, the pool stays QUARANTINED";
    default: break;
  }
  if (!last) return node.config().name + " is in MAINT";
  maint_wanted_ = false;
  arbiter_->stop();
  go(State::kMaint, "set offline by a person");
  return node.config().name + " is in MAINT";
}

std::string Pool::set_online(const Command& e, bool& ok) {
  if (!e.node || *e.node >= nodes_.size()) return "no such node";
  Node& node = nodes_[*e.node];
  if (node.state() != ecv::NodeState::kMaint) return node.config().name + " is not in MAINT";
  ok = true;
  node.set(ecv::NodeState::kUnknown);
  record_.set_offline(node.config().name, false);
  record_.maint = false;
  maint_wanted_ = false;
  if (state_ == State::kMaint) go(State::kStandby, "set online by a person");
  return node.config().name + " is back";
}

// A person vouches that no other writer exists; what can be seen to be wrong is still refused.
std::string Pool::force(const Command& e, bool& ok) {
  if (e.reason.empty()) return "a reason is required";
  if (passive()) return "mode passive: nothing is touched; take mode manual or active first";
  if (state_ != State::kStandby && state_ != State::kFenced && state_ != State::kCandidate) {
    return "the pool is " + std::string(core::name(state_));
  }
  // What a person saw of the peer before this process stood still may have been overtaken since.
  if (woke_at_ && now_ - *woke_at_ < timing().interval) {
    return "this process stood still for " + base::format_duration(stood_still_) +
           ", and the order may be as old: look again where the writer is, then repeat it";
  }
  if (peer_may_write() || live_owner()) return "the peer is heard, and may be the writer";
  const Node* node = best();
  if (node == nullptr || !node->answers() || node->state() == ecv::NodeState::kMaint) return "no node answers";
  if (node->config().promote == PromoteWish::kNever) return node->config().name + " has promote: never";
  if (!all_closed() || !epoch_known_) return "not confirmed read-only, or the epoch is not known";
  if (!guard_alive_) return "the guard does not answer";
  arbiter_->stop();
  loss_accepted_ = true;
  if (arbiter_->needs_votes()) {  // modes B and C: a person cannot take the place of the majority, or of etcd
    stand();
    ok = state_ == State::kCandidate;
    return ok ? "standing; `status` tells what the arbiter says" : "the arbiter cannot be asked now";
  }
  begin_promotion(Cause::kForce, now_);
  ok = state_ == State::kPromoting;
  return ok ? "promoting" : reason_;
}

}  // namespace core
