// The steps of a promotion at the database, and what is checked when one begins and ends.
#include <algorithm>
#include <memory>

#include "tests/sim/host_impl.h"

namespace sim {

void Host::perform(const core::Promote& a) {
  const Time now = world_->heap.now();
  core::PromoteDone done{a.pool, a.attempt, a.step, true, ""};
  switch (a.step) {
    case core::PromoteStep::kArmGuard:
      world_->checker.permit(now, id_, true_time(a.deadline));
      deadline_ = a.deadline;
      world_->heap.after(random_.range(kMs, 4 * kMs),
                         [this, done, deadline = a.deadline, generation = generation_]() mutable {
                           if (generation != generation_) return;
                           done.ok = guard.arm(deadline) || world_->config(id_, false).pools[0].guard == "none";
                           give(done);
                         });
      return;
    case core::PromoteStep::kPersistEpoch:
      world_->heap.at(begin_write(),
                      [this, record = std::make_unique<core::Record>(a.record), done, generation = generation_] {
                        if (generation != generation_ || !up_) return;
                        write_slot(*record);
                        world_->checker.own_epoch(world_->heap.now(), id_, record->own_epoch);
                        give(done);
                      });
      return;
    default: promote_on_database(a);
  }
}

void Host::promote_on_database(const core::Promote& a) {
  core::PromoteDone done{a.pool, a.attempt, a.step, false, "simulated failure"};
  const Time limit = 2 * world_->scenario().timing.timeout.count();
  const Time delay = random_.range(kMs, a.step == core::PromoteStep::kApplyReceived ? 60 * kMs : 8 * kMs);
  auto again = std::make_unique<core::Promote>(a);
  world_->heap.after(delay, [this, again = std::move(again), done, limit, generation = generation_]() mutable {
    const core::Promote& p = *again;
    if (generation != generation_) return;
    if (stopped_ || frozen_) {  // the shell sends the statement, once it goes on
      world_->heap.after(20 * kMs, [this, again = std::move(again), generation] {
        if (generation == generation_) promote_on_database(*again);
      });
      return;
    }
    if (p.step == core::PromoteStep::kOpenWrites && local_now() >= p.deadline) return give(done);
    if (!database.alive()) return give(done);
    if (database.hung()) {
      outcome(limit, done);
      if (p.step != core::PromoteStep::kOpenWrites) return;
    }
    database.perform([this, step = p.step, epoch = p.epoch, done, limit, generation]() mutable {
      if (step == core::PromoteStep::kStopReplication) database.io_running = false;
      if (step == core::PromoteStep::kInsertEpochRow) database.row = epoch;
      if (step == core::PromoteStep::kOpenWrites) {
        database.set_read_only(false);
        if (deadline_) guard.renew(*deadline_);
        check_opened();
      }
      done.ok = !database.disk_full() || step != core::PromoteStep::kInsertEpochRow;
      if (generation != generation_) return;
      const bool lost =
          step == core::PromoteStep::kOpenWrites && random_.chance(world_->scenario().open_lost) && !world_->quiet();
      if (!lost) return give(done);
      done.ok = false;
      outcome(limit, done);
    });
  });
}

// I14: what a planned handover let go, the new writer has.
void Host::check_opened() {
  auto& handover = world_->handover;
  if (!handover || handover->to != id_) return;
  if (!database.holds(handover->transactions)) {
    world_->checker.broken(world_->heap.now(), "I14",
                           site_name(id_) + " opens without transactions that " + site_name(handover->from) +
                               " acknowledged before the switchover");
  }
  handover.reset();
}

void Host::perform(const core::Journal& a) {
  if (a.id == "pool.state") watch_state(a);
  if (a.id == "pool.epoch") state_since_ = world_->heap.now();  // it claims anew
  if (!world_->checker.tracing()) return;
  std::string line = site_name(id_) + " " + a.id + ": " + a.message;
  for (const auto& [key, value] : a.fields) {
    if (key != "pool" && key != "from" && key != "to" && !value.empty()) line += " " + key + "=" + value;
  }
  world_->checker.say(world_->heap.now(), line);
}

void Host::watch_state(const core::Journal& journal) {
  std::string to;
  std::string why;
  for (const auto& [key, value] : journal.fields) {
    if (key == "to") to = value;
    if (key == "why") why = value;
  }
  const auto from = state_;
  for (std::size_t s = 0; s < Coverage::kStates; ++s) {
    if (core::name(static_cast<core::State>(s)) == to) state_ = static_cast<core::State>(s);
  }
  state_since_ = world_->heap.now();
  world_->checker.coverage.edge(from, state_);
  constexpr std::string_view kTo = "switchover to ";
  if (state_ == core::State::kDraining && why.starts_with(kTo)) {
    world_->switchover_target = world_->network.party_of(why.substr(kTo.size(), why.find(':') - kTo.size()));
  }
  if (from == core::State::kDraining && state_ == core::State::kStandby) {
    world_->handover = Handover{id_, world_->switchover_target, database.transactions()};
  }
  if (state_ == core::State::kPromoting) {
    const bool planned = world_->handover && world_->handover->to == id_;
    person_ = planned || why.starts_with("by release") || why.starts_with("by force");
  }
  if (from == core::State::kPromoting && state_ == core::State::kActive && !person_) ++finished;
  if (why == "recovered by a person") finished = 0;  // who looked at it begins to count anew
  if (state_ == core::State::kPromoting) check_promotion(why);
}

// It believes what that site says: a new process that has not proved itself to it, or not since this one stood still,
// blocks nobody (rule 11).
bool Host::accepts(int site) const {
  const auto view = site_->pool(0, local_now());
  const auto found = std::find_if(view.peers.begin(), view.peers.end(),
                                  [&](const core::PeerView& p) { return p.site == site_name(site); });
  return found != view.peers.end() && found->last_heard &&
         local_now() - *found->last_heard <= world_->scenario().timing.window();
}

void Host::check_promotion(const std::string& why) {
  const Time now = world_->heap.now();
  const auto& sc = world_->scenario();
  ++promotions;
  // What went wrong before the quiet may still fence a writer for as long as a lease lasts.
  const Time calm = world_->settled_since() < 0 ? 0 : now - world_->settled_since();
  if (calm > (sc.timing.lease + 2 * sc.timing.window()).count()) {
    world_->checker.broken_always(now, "I12", site_name(id_) + " promotes though all is quiet and there is a writer");
  }
  if (sc.theme == Theme::kCalm && world_->promotions() > 1) {
    world_->checker.broken_always(now, "I18", site_name(id_) + " promotes though nothing but loss and jitter happened");
  }
  if (sc.anti_flap > 0 && !person_ && finished >= sc.anti_flap) {
    // I13: unless no other site could, when it began to stand.
    const Time window = sc.timing.window().count();
    for (int i = 0; i < sc.sites; ++i) {
      const Rival& rival = rivals_[static_cast<std::size_t>(i)];
      const bool could =
          now - rival.heard_at < window * 98 / 100 && now - rival.eligible_since > 3 * window + 2 * kSecond;
      if (i == id_ || !could || !accepts(i)) continue;
      world_->checker.broken_always(now, "I13", site_name(id_) + " promotes again though it is blocked");
    }
  }
  if (sc.arbiter != core::ArbiterKind::kCheckpoints || !why.starts_with("by substitution")) return;
  if (!world_->options().restated) return;
  // I10: T_promote of uninterrupted silence and checkpoints.
  const auto wait =
      static_cast<Time>(static_cast<double>(sc.timing.promote_wait.count()) * (1 - sc.timing.drift)) - kMs;
  if (now - heard_at_ < wait || now - round_failed_at_ < wait || now - booted_at_ < wait || !sc.promote_on_silence) {
    world_->checker.broken(now, "I10", site_name(id_) + " substitutes without cause");
  }
}

}  // namespace sim
