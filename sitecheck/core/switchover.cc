// The planned switchover (protocol.md section 3, DRAINING; rule 12): close softly, read the final position, wait until
// the target holds it, release. Before the release everything can be taken back; after it nothing.
#include "sitecheck/core/switchover.h"

#include <algorithm>

#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

void WrittenPast::note(const std::string& text, const GtidSet& position, base::Instant now, base::Duration keep) {
  if (samples_.empty() || samples_.back().text != text) samples_.push_back({now, text, position});
  while (samples_.size() > 1 && now - samples_.front().at > keep) samples_.pop_front();
}

std::optional<base::Duration> WrittenPast::behind(const GtidSet& position, base::Instant now) const {
  for (std::size_t i = samples_.size(); i > 0; --i) {
    if (!position.contains(samples_[i - 1].position)) continue;
    return i == samples_.size() ? base::Duration::zero() : now - samples_[i].at;
  }
  return samples_.empty() ? std::optional(base::Duration::zero()) : std::nullopt;
}

void Pool::switch_over(const Command& e) {
  std::string target = e.target;
  if (target.empty() && site_->peers.size() == 1) target = site_->peers.front().site;
  const auto limit = e.limit.value_or(config_->switchover_limit);
  const auto against = against_switchover(target, limit);
  journal(base::Level::kWarn, "pool.command", e.dry_run ? "switchover --dry-run" : "switchover",
          {{"who", e.who},
           {"reason", e.reason},
           {"target", target},
           {"outcome", against.empty() ? "nothing stands against it" : against.front()}});
  if (!e.dry_run && against.empty()) return begin_switchover(std::move(target), e.reason, e.id, limit);
  std::string text;
  if (e.dry_run) {
    text = "stop the writes at " + site_->site + "; wait until " + target + " holds every transaction, at most " +
           base::format_duration(limit) + ", else open again; release the writer to " + target + "; " + site_->site +
           " becomes its replica";
  }
  if (!against.empty()) {
    text += (text.empty() ? "" : "\n") + std::string("against it:");
    for (const auto& reason : against) text += "\n- " + reason;
  }
  emit(CommandReply{e.id, against.empty(), std::move(text)});
}

// Everything that stands against it, not only the first.
std::vector<std::string> Pool::against_switchover(const std::string& target,
                                                  std::optional<base::Duration> given_limit) const {
  const auto limit = given_limit.value_or(config_->switchover_limit);
  std::vector<std::string> out;
  if (state_ != State::kActive) {
    out.push_back("the pool is " + std::string(core::name(state_)) + " at " + site_->site +
                  ": a switchover is ordered at the site that is ACTIVE");
  }
  const Peer* peer = target.empty() ? nullptr : peers_.find(target);
  if (peer == nullptr || peer->witness()) {
    out.push_back(target.empty() ? "a target is required: there are several other sites, or none"
                                 : "no other site is called \"" + target + "\"");
    return out;
  }
  if (!peers_.fresh(*peer, now_)) {
    out.push_back(target + " is not heard");
    return out;
  }
  const auto& said = *peer->link.said();
  if (said.state != ecv::PoolState::kStandby) {
    out.push_back(target + " is " + std::string(ecv::name(said.state)) + ", not STANDBY");
  } else if (!said.eligible) {
    out.push_back(target + " says that it is not eligible (its own status tells why)");
  }
  if (said.config_hash != config_hash_)
    out.push_back(target + " has other checkpoints, another arbiter or other times");
  if (said.guard == "none") out.push_back("no guard is armed at " + target);
  if (now_ - peer->link.peer_since() < arbiter_->release_wait()) {
    out.push_back(target + " was restarted less than " + base::format_duration(arbiter_->release_wait()) + " ago");
  }
  const auto behind = past_.behind(peer->position(), now_);
  if (!behind) {
    out.push_back(target + " lacks transactions that are older than " + base::format_duration(past_.remembered(now_)) +
                  ", which is as far back as can be told");
  } else if (*behind >= limit) {
    out.push_back(target + " is " + base::format_duration(*behind) + " behind, and must catch up within " +
                  base::format_duration(limit));
  }
  return out;
}

void Pool::begin_switchover(std::string target, std::string reason, std::optional<std::uint64_t> command,
                            std::optional<base::Duration> limit) {
  counters_.add(Counter::kSwitchover);
  Switchover s;
  s.command = command;
  s.target = std::move(target);
  s.reason = std::move(reason);
  s.limit = limit.value_or(config_->switchover_limit);
  switchover_ = std::move(s);
  close_for_switchover();
}

void Pool::close_for_switchover() {
  switchover_->since = switchover_->began = now_;
  go(State::kDraining, "switchover to " + switchover_->target + ": " + switchover_->reason);
  switchover_step(SwitchoverStep::kClosing);
  fence_asked_ = now_;
  switchover_->fence_token = ++token_;
  // Soft: sessions are killed, the server is not. The guard keeps the permit's deadline.
  emit(Fence{index_, token_, false, reason_});
}

void Pool::switchover_step(SwitchoverStep step) {
  auto& s = *switchover_;
  s.step = step;
  s.since = now_;
  journal(base::Level::kInfo, "pool.switchover", std::string(core::name(step)),
          {{"target", s.target}, {"since_ms", std::to_string(base::to_ms(now_ - s.began))}, {"why", s.given_up}});
}

void Pool::act_draining() {
  if (!keeps_writing()) return;
  auto& s = *switchover_;
  if (s.step == SwitchoverStep::kReopening) {
    const auto limit = s.fence_token != 0 ? 2 * timing().fence_bound : 2 * timing().lease;
    const auto from = s.fence_token != 0 ? s.since : step_since_;
    if (now_ - from > limit) begin_fence("a switchover was given up, and it does not open", Counter::kFencePromotion);
    return;
  }
  if (const auto why = target_lost(); !why.empty()) return give_up_switchover(why);
  if (now_ - s.began >= s.limit) {
    const auto lacks =
        s.step == SwitchoverStep::kCatchingUp
            ? ": " + s.target + " lacks " + nodes_[*writer_].position().lacking_in(switchover_position()).substr(0, 200)
            : std::string(": the writes could not be stopped");
    return give_up_switchover("not done within " + base::format_duration(s.limit) + lacks);
  }
  if (s.step == SwitchoverStep::kClosing && s.fence_token == 0 && now_ - fence_asked_ >= timing().interval) {
    fence_asked_ = now_;
    s.fence_token = ++token_;
    emit(Fence{index_, token_, false, reason_});
  }
  if (s.node) watch_move_target();
  // I14: all that was ever acknowledged here is there.
  if (s.step != SwitchoverStep::kCatchingUp || !switchover_position().contains(nodes_[*writer_].position())) return;
  if (s.node) return hand_over_here();
  hand_over();
}

const Peer& Pool::switchover_target() const { return *peers_.find(switchover_->target); }

const GtidSet& Pool::switchover_position() const {
  return switchover_->node ? nodes_[*switchover_->node].position() : switchover_target().position();
}

std::string Pool::target_lost() const {
  if (switchover_->node) return move_target_lost();
  if (can_release()) return "";
  const Peer& target = switchover_target();
  if (!peers_.fresh(target, now_)) return switchover_->target + " is no longer heard";
  const auto state = target.link.said()->state;
  if (state != ecv::PoolState::kStandby) return switchover_->target + " is " + std::string(ecv::name(state));
  return switchover_->target + " is no longer eligible";
}

void Pool::drained(const FenceDone& e) {
  auto& s = *switchover_;
  if (s.fence_token == 0 || e.token != s.fence_token) return;
  s.fence_token = 0;
  if (s.step == SwitchoverStep::kReopening) return open_again();
  if (e.closing == Closing::kUnknown) {  // asked again until the limit
    return journal(base::Level::kWarn, "pool.switchover", "the writes are not stopped yet", {{"why", e.message}});
  }
  s.closed = now_;
  switchover_step(SwitchoverStep::kReading);
  emit(ProbeNow{index_, *writer_});
}

// A poll of the writer. The first after the closing may have begun before it.
void Pool::looked_at(NodeIndex node) {
  auto& s = *switchover_;
  if (s.step != SwitchoverStep::kReading && s.step != SwitchoverStep::kCatchingUp) return;
  if (++s.looks < 2) return emit(ProbeNow{index_, node});
  if (nodes_[node].seen_open())
    return give_up_switchover("somebody opened " + nodes_[node].config().name + " meanwhile");
  if (s.step == SwitchoverStep::kReading && nodes_[node].position_known()) {
    switchover_step(SwitchoverStep::kCatchingUp);
  }
}

// The directed release (rule 12). The permit is cleared before it, on disk too; from here on nothing can be taken back.
void Pool::hand_over() {
  if (!mutant(Mutation::kPermitKept)) emit(ClearPermit{index_});
  permit_.clear();
  arbiter_->give_up();
  bump_.reset();
  clear_alarm("two_writers");
  fence_ = ecv::FenceKind::kSoft;
  for (auto& node : nodes_) {
    if (!node.config().local) continue;
    node.set_closed(true);
    if (node.state() == ecv::NodeState::kActive) node.set(ecv::NodeState::kStandby);
  }
  opened_ = false;
  guard_armed_until_.reset();
  note_semi_sync(SemiSync::kUnknown, 0);
  writer_.reset();
  follows_ = false;
  sample_.reset();
  rejoin_after_.reset();
  set_service_lost(!switchover_->command);
  released_at_ = now_;  // before the state changes: this site says at once that it is not eligible
  go(State::kStandby, "released the writer to " + switchover_->target);
  switchover_step(SwitchoverStep::kReleased);
  release_to_peer();
}

void Pool::give_up_switchover(const std::string& why) {
  switchover_->given_up = why;
  switchover_step(SwitchoverStep::kReopening);
  if (switchover_->fence_token == 0) open_again();  // else once that fence has ended: it must not close it afterwards
}

// The last steps of a promotion, for the epoch that this site still has.
void Pool::open_again() {
  ++attempt_;
  step_ = PromoteStep::kOpenSuper;
  step_since_ = now_;
  emit(Promote{index_, *writer_, attempt_, step_, *permit_.until(), epoch_, {}});
}

void Pool::reopened(const PromoteDone& e) {
  if (switchover_->step != SwitchoverStep::kReopening || e.attempt != attempt_ || e.step != step_) return;
  if (!e.ok) {
    return begin_fence("a switchover was given up, and it cannot be opened: " + e.message, Counter::kFencePromotion);
  }
  if (!keeps_writing()) return;
  if (step_ == PromoteStep::kOpenSuper) {
    step_ = PromoteStep::kOpenWrites;
    step_since_ = now_;
    return emit(Promote{index_, *writer_, attempt_, step_, *permit_.until(), epoch_, {}});
  }
  go(State::kActive, "the switchover to " + switchover_->target + " was given up: " + switchover_->given_up);
  set_permit();
  end_switchover(false, "given up: " + switchover_->given_up + "; " + site_->site + " writes again");
}

std::string Pool::abort_switchover(const Command& /*e*/, bool& ok) {
  if (!switchover_) return "no switchover is under way";
  if (switchover_->step == SwitchoverStep::kReleased || switchover_->step == SwitchoverStep::kOpening) {
    return "the writer is released to " + switchover_->target + ": that cannot be taken back";
  }
  ok = true;
  if (switchover_->step != SwitchoverStep::kReopening) give_up_switchover("aborted by a person");
  return "given up; " + site_->site + " opens again";
}

// After the release: has the target become ACTIVE?
void Pool::watch_release() {
  if (!switchover_ || switchover_->step != SwitchoverStep::kReleased) return;
  const auto& s = *switchover_;
  if (const Peer* writer = peers_.writer(now_); writer != nullptr && writer->name == s.target) {
    const auto gap = base::to_ms(now_ - s.began);
    return end_switchover(true, s.target + " writes with epoch " +
                                    std::to_string(writer->link.said()->epoch.counter()) + "; no writes for at most " +
                                    std::to_string(gap) + " ms");
  }
  if (now_ - s.since < arbiter_->release_wait()) return;
  end_switchover(false, "the writer was released to " + s.target + ", which has not been heard as ACTIVE since; " +
                            "from now on any eligible site may take it");
}

void Pool::end_switchover(bool ok, const std::string& text) {
  counters_.add(ok ? Counter::kSwitchoverDone : Counter::kSwitchoverGivenUp);
  journal(ok ? base::Level::kInfo : base::Level::kWarn, "pool.switchover", text, {{"target", switchover_->target}});
  const auto command = switchover_->command;
  switchover_.reset();
  if (command) emit(CommandReply{*command, ok, text});
}

// At the target: the position is looked at often and told at once, so that the time without writes is short.
void Pool::watch_drain() {
  const Peer* writer = state_ == State::kStandby ? peers_.writer(now_) : nullptr;
  const bool drains = writer != nullptr && writer->link.said()->state == ecv::PoolState::kDraining &&
                      writer->link.said()->target == site_->site;
  const auto index = drains ? best_node() : std::nullopt;
  if (!index) return drain_look_at_.reset();
  drained_for_us_at_ = now_;
  if (nodes_[*index].told_position() != position_said_) send_now_ = true;
  if (drain_look_at_ && now_ - *drain_look_at_ < kDrainLook) return;
  drain_look_at_ = now_;
  emit(ProbeNow{index_, *index});
}

// A release that comes now is the end of a switchover.
bool Pool::drained_for_us() const { return drained_for_us_at_ && now_ - *drained_for_us_at_ <= timing().window(); }

}  // namespace core
