// PROMOTING: the steps in the exact order of protocol.md section 3, each with the permit checked before it.
#include "sitecheck/core/pool.h"

namespace core {

namespace {

constexpr base::Duration kUnfit = base::seconds(10);  // after a failed promotion, for the peer to try

std::string_view cause_name(int cause) {
  static constexpr std::string_view kNames[] = {
      "grant", "release", "substitution", "own permit", "force", "a majority of votes", "the etcd lease"};
  return kNames[cause];
}

}  // namespace

void Pool::begin_promotion(Cause cause, base::Instant permit_from) {
  const auto node = best_node();
  if (!node || permit_from + timing().lease <= now_ || held_by_mode(cause)) return;
  const bool handed = cause == Cause::kRelease || cause == Cause::kVotes || cause == Cause::kEtcd;
  const bool planned = handed && drained_for_us();
  if (cause != Cause::kForce && cause != Cause::kSelf && !planned) {
    if (const auto why = refused_for_loss()) {
      if (state_ == State::kCandidate) stop_standing(*why, timing().lease);
      return;
    }
  }
  clear_alarm("max_loss");
  loss_accepted_ = false;
  forget_following();
  permit_.clear();
  if (cause == Cause::kSubstitution || cause == Cause::kSelf || cause == Cause::kForce) {
    permit_.extend(permit_from + timing().lease);
  } else {
    permit_.grant(permit_from, now_);  // rule 1
  }
  static constexpr Counter kCauses[] = {Counter::kPromotionByGrant,        Counter::kPromotionByRelease,
                                        Counter::kPromotionBySubstitution, Counter::kPromotionBySelf,
                                        Counter::kPromotionForced,         Counter::kPromotionByVotes,
                                        Counter::kPromotionByEtcd};
  counters_.add(kCauses[static_cast<int>(cause)]);
  cause_ = cause;
  guard_armed_until_.reset();
  guard_closes_by_.reset();
  planned_ = planned;
  past_.clear();
  past_.note(nodes_[*node].gtid(), nodes_[*node].position(), now_, timing().lease);  // what the others may stand at
  writer_ = node;
  opened_ = false;
  failed_writer_ = false;
  ++attempt_;
  promote_epoch_ = next_epoch();
  std::string why = (planned_ && cause != Cause::kRelease ? "by release, with " : "by ") +
                    std::string(cause_name(static_cast<int>(cause)));
  if (cause == Cause::kSubstitution) {
    const auto since = arbiter_->view(now_).silent_since.value_or(now_);
    why += ": peer silent and checkpoints reached for " + base::format_duration(now_ - since);
  }
  go(State::kPromoting, std::move(why));
  report_loss();
  next_promotion_step(PromoteStep::kArmGuard);
}

// "In a failover of asynchronous replication it is reported, with an alarm and the positions" (section 3, max_loss).
void Pool::report_loss() {
  clear_alarm("loss");
  const Node* node = best();
  if (node == nullptr) return;
  for (const auto& p : peers_.all()) {
    const auto lost = p.position().lacking_in(node->position());
    if (lost.empty()) continue;
    raise_alarm("loss", "transactions of the other site that are not here: " + lost.substr(0, 300));
  }
}

// "`max_loss` can make it a condition": what is known to be lost, by the last word of the last writer; or, if nobody
// was heard to write since this process began, of any other site that is not quarantined. Nothing if that was this
// site. Raises the alarm that tells a person what to do.
std::optional<std::string> Pool::refused_for_loss() {
  const Node* node = best();
  if (!config_->max_loss || loss_accepted_ || node == nullptr || peers_.alone()) return std::nullopt;
  ecv::Epoch last;
  for (const auto& p : peers_.all()) last.value = std::max(last.value, p.active_epoch.value);
  if (epoch_.value > last.value) return std::nullopt;
  const Peer* worst = nullptr;
  std::uint64_t most = 0;
  for (const auto& p : peers_.all()) {
    if (p.witness() || !p.link.said() || p.active_epoch != last) continue;
    if (last.value == 0 && p.link.said()->state == ecv::PoolState::kQuarantined) continue;
    const auto lost = p.position().count_lacking_in(node->position());
    if (lost <= most) continue;
    worst = &p;
    most = lost;
  }
  if (worst == nullptr || most <= *config_->max_loss) return std::nullopt;
  auto why = "to become the writer would lose " + std::to_string(most) + " transactions of " + worst->name +
             " (max_loss " + std::to_string(*config_->max_loss) +
             "): " + worst->position().lacking_in(node->position()).substr(0, 200);
  raise_alarm("max_loss",
              why + "; bring " + worst->name + " back, or order promote " + config_->name + " --force --reason ...");
  return why;
}

void Pool::next_promotion_step(PromoteStep step) {
  if (!permit_.valid(now_)) return abandon_promotion("the permit ran out before " + std::string(name(step)));
  step_ = step;
  step_since_ = now_;
  if (step == PromoteStep::kPersistEpoch) {
    promote_epoch_ = next_epoch();  // here and not before: more may have been learned since the promotion began
    record_.max_epoch = record_.own_epoch = promote_epoch_;
    record_.writer = nodes_[*writer_].config().name;
  }
  Promote p{index_, *writer_, attempt_, step, *permit_.until(), promote_epoch_, {}};
  if (step == PromoteStep::kPersistEpoch) p.record = promoting_record_ = record_;
  if (step == PromoteStep::kOpenWrites) {
    // From the moment read_only=0 is sent the site counts as writable.
    opened_ = true;
    nodes_[*writer_].set_closed(false);
  }
  emit(std::move(p));
}

void Pool::take(const PromoteDone& e) {
  if (state_ == State::kDraining) return reopened(e);
  if (state_ != State::kPromoting || e.attempt != attempt_ || e.step != step_) return;
  if (!e.ok) return abandon_promotion(std::string(name(e.step)) + ": " + e.message);
  switch (e.step) {
    case PromoteStep::kArmGuard:
      if (config_->guard != "none") guard_armed_until_ = permit_.until();
      return next_promotion_step(PromoteStep::kPersistEpoch);
    case PromoteStep::kPersistEpoch:
      durable_ = promoting_record_;
      clear_alarm("disk");
      max_seen_ = promote_epoch_.value > max_seen_.value ? promote_epoch_ : max_seen_;
      return next_promotion_step(PromoteStep::kStopReplication);
    case PromoteStep::kStopReplication: follows_ = false; return next_promotion_step(PromoteStep::kApplyReceived);
    case PromoteStep::kApplyReceived: return next_promotion_step(PromoteStep::kOpenSuper);
    case PromoteStep::kOpenSuper: return next_promotion_step(PromoteStep::kInsertEpochRow);
    case PromoteStep::kInsertEpochRow: return next_promotion_step(PromoteStep::kOpenWrites);
    case PromoteStep::kOpenWrites: return finish_promotion();
  }
}

void Pool::act_promoting() {
  if (!permit_.valid(now_)) return abandon_promotion("the permit ran out during " + std::string(name(step_)));
  const auto limit = step_ == PromoteStep::kApplyReceived ? site_->apply_limit : 2 * timing().lease;
  if (now_ - step_since_ > limit) abandon_promotion(std::string(name(step_)) + " took too long");
}

void Pool::abandon_promotion(const std::string& why) {
  counters_.add(Counter::kPromotionAborted);
  if (opened_) return begin_fence("promotion: " + why, Counter::kFencePromotion);
  if (switchover_) {  // within the site
    end_switchover(false, switchover_->target + " was not opened: " + why + "; this site or another takes the writer");
  }
  const auto node = *writer_;
  emit(AbortPromotion{index_, node, attempt_});
  writer_.reset();
  permit_.clear();
  arbiter_->give_up();
  nodes_[node].set_closed(false);  // until confirmed again
  assert_at_[node].reset();
  follows_ = false;
  unfit_until_ = now_ + kUnfit;
  journal(base::Level::kWarn, "pool.promotion_failed", "promotion given up before it opened", {{"why", why}});
  go(State::kStandby, "promotion given up: " + why);
}

void Pool::finish_promotion() {
  if (!permit_.valid(now_)) return abandon_promotion("the permit ran out while it opened");
  epoch_ = promote_epoch_;
  if (!planned_) promotions_.push_back(now_);  // a person's wish is no flap
  ++promotion_count_;
  errant_accepted_ = false;
  fence_ = ecv::FenceKind::kNone;
  nodes_[*writer_].set(ecv::NodeState::kActive);
  go(State::kActive, reason_);
  set_permit();
  if (switchover_) moved();
}

}  // namespace core
