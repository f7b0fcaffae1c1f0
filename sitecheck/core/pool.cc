#include "sitecheck/core/pool.h"

#include <algorithm>

#include "sitecheck/core/kinds.h"

namespace core {

PoolState::PoolState(const Place& place)
    : Seat(place),
      arbiter_(make_arbiter(*this, place.site)),
      config_hash_(place.config_hash),
      slots_(place.loaded.slots),
      bootstrap_(place.identity.bootstrap),
      last_send_(place.now - place.site.timing.interval),
      stand_after_(place.now),
      unfit_until_(place.now),
      guard_alive_(config_->guard == "none") {
  for (const auto& node : config_->nodes) nodes_.emplace_back(place.site, node);
  assert_at_.resize(nodes_.size());
  assert_token_.resize(nodes_.size());
  following_.resize(nodes_.size());
  joining_.resize(nodes_.size());
}

Pool::Pool(const Place& place) : PoolState(place) { resume_or_init(place.loaded); }

Kind failover_kind() {
  return {"failover", "one node of all sites writes, and another takes its place.", true, 0,
          [](const Place& place) -> std::unique_ptr<Brain> { return std::make_unique<Pool>(place); }};
}

void Pool::begin(base::Instant now, std::vector<Action>& out) {
  Brain::begin(now, out);
  if (!begun_) {
    begun_ = true;
    if (state_ == State::kInit)
      emit(ClearPermit{index_});  // what was not taken up must not be found by the next process
  }
  // Rule 2: a gap in the loop. Longer than W without a word of ours, and the peer could not know that we lived.
  if (!peers_.all().empty() && now_ - last_send_ > timing().window()) arbiter_->gap();
}

void Pool::hear(const Event& event) {
  std::visit(
      [this]<typename T>(const T& e) {
        if constexpr (requires { take(e); }) take(e);
      },
      event);
}

void Pool::act() {
  persist_if_changed();
  arbiter_->act();
  if (!arbiter_->by_silence()) watch_for_no_writer();
  judge_isolation(permit_.valid(now_) || arbiter_->connected());
  update_eligible();
  watch_for_a_writer();
  close_nodes();
  watch_service();
  switch (state_) {
    case State::kInit: act_init(); break;
    case State::kStandby: act_standby(); break;
    case State::kCandidate: act_candidate(); break;
    case State::kPromoting: act_promoting(); break;
    case State::kActive: act_active(); break;
    case State::kDraining: act_draining(); break;
    case State::kFencing: act_fencing(); break;
    case State::kFenced: act_fenced(); break;
    case State::kQuarantined: watch_errant(); break;
    case State::kMaint: break;
  }
  act_repointing();
  watch_release();
  watch_drain();
  if (peers_.all().empty()) return;
  const bool turn = send_now_ || now_ - last_send_ >= timing().interval;
  // To whom it concerns only: with three sites that hear each other in a ring, greetings to all would never end.
  for (auto& p : peers_.all()) {
    if (p.link.take_greeting() && !turn) send(p, {}, true);
  }
  if (turn) send_requests();
}

void Pool::go(State to, std::string reason) {
  const bool news = reported(to) != reported(state_);
  journal(base::Level::kInfo, "pool.state", std::string(core::name(state_)) + " to " + std::string(core::name(to)),
          {{"from", std::string(core::name(state_))}, {"to", std::string(core::name(to))}, {"why", reason}});
  state_ = to;
  since_ = now_;
  reason_ = std::move(reason);
  send_now_ = true;
  if (to == State::kCandidate || to == State::kPromoting) {
    for (auto& p : peers_.all()) p.said_again.reset();
  }
  if (news) emit(Changed{index_});
  update_eligible();
}

void Pool::take(const NodePolled& e) {
  if (e.node >= nodes_.size()) return;
  Node& node = nodes_[e.node];
  const bool writer = writer_ == e.node && state_ == State::kActive;
  const bool draining = writer_ == e.node && state_ == State::kDraining;
  const bool calm = state_ == State::kInit || state_ == State::kStandby || state_ == State::kCandidate;
  const bool open = e.result == PollResult::kOk && e.read_only && !*e.read_only;
  if (e.beat && open) heartbeats_.note(*e.beat, now_);
  const auto outcome = node.poll(e,
                                 {writer, must_follow(e.node), calm && !following_[e.node].errant, draining, false,
                                  e.beat && !open ? heartbeats_.behind(*e.beat) : std::nullopt},
                                 now_);
  if (outcome.first_error) emit(ProbeNow{index_, e.node});
  if (outcome.changed) tell_node(node);
  alarm_of(node);
  if (!e.warning.empty()) {
    raise_alarm("warning." + node.config().name, node.config().name + ": " + e.warning);
  } else if (e.result == PollResult::kOk && !alarms_.empty()) {
    clear_alarm("warning." + node.config().name);
  }
  if (!node.config().local || e.result != PollResult::kOk) return;
  if (outcome.failed) sample_.reset();
  if (e.closed && passive() && !may_write()) found_closed(node);
  if (e.epoch_row_read) {
    row_read_ = true;
    observe(e.epoch_row, "epoch row");
  }
  if (writer) note_semi_sync(e.semi_sync, e.semi_sync_replicas);
  // Longer than the pool's limit: an order may come with its own.
  if (writer)
    past_.note(node.gtid(), node.position(), now_,
               std::max<base::Duration>(config_->switchover_limit, base::seconds(60)));
  if (draining) looked_at(e.node);
  const bool may_be_open = writer_ == e.node && (opened_ || claims());
  if (node.seen_open() && !may_be_open && state_ != State::kFencing) {
    // Somebody opened it, or it came back open: it must be closed before this site may grant (rule 6).
    if (node.closed() || !assert_at_[e.node]) counters_.add(Counter::kReopened);
    if (node.closed()) raise_alarm("open", node.config().name + " was found writable; closing it");
    node.set_closed(false);
  }
  if ((node.replicating() || node.connecting()) && calm && best_node() == e.node && !follows_another()) follows_ = true;
  watch_replication(e.node);
}

void Pool::take(const GuardStatus& e) {
  if (config_->guard == "none") return;
  if (guard_alive_ && !e.alive) guard_lost_at_ = now_;
  guard_alive_ = e.alive;
  if (e.alive && e.armed_until) guard_armed_until_ = e.armed_until;
  if (e.alive) {
    clear_alarm("guard");
  } else {
    raise_alarm("guard", "the guard does not answer: " + e.message);
  }
  send_now_ = true;
}

base::Instant Pool::next_deadline() const {
  Earliest next(now_, now_ + timing().interval);
  next.consider(last_send_ + timing().interval);
  next.consider(permit_.until());
  arbiter_->deadlines(next);
  if (drain_look_at_) next.consider(*drain_look_at_ + kDrainLook);
  if (state_ == State::kActive && config_->heartbeat && beat_at_) next.consider(*beat_at_ + *config_->heartbeat);
  if (switchover_ && switchover_->looked_at) next.consider(*switchover_->looked_at + kDrainLook);
  if (switchover_) {
    next.consider(switchover_->began + switchover_->limit);
    if (switchover_->step == SwitchoverStep::kReleased) next.consider(switchover_->since + arbiter_->release_wait());
  }
  if (state_ == State::kFencing) next.consider(guard_closes_by_);
  if (state_ == State::kFencing) next.consider(fence_since_ + timing().fence_bound / 2);
  if (state_ == State::kStandby || state_ == State::kCandidate) {
    next.consider(stand_after_);
    if (no_writer_since_) next.consider(*no_writer_since_ + 4 * timing().interval);
  }
  return next.at();
}

}  // namespace core
