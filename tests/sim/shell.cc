// What the shell of sitecheck does with the core's actions, and the outcomes that it brings back.
#include <algorithm>

#include "tests/sim/host.h"
#include "tests/sim/world.h"

namespace sim {

void Host::perform(const core::SendPeer& a) {
  if (a.datagram.state == ecv::PoolState::kActive) {
    world_->checker.claims(world_->heap.now(), id_, a.datagram.epoch);
  }
  world_->transmit(id_, a.datagram);
}

std::array<bool, kMaxCheckpoints> Host::try_checkpoints() {
  std::array<bool, kMaxCheckpoints> out{};
  for (int i = 0; i < world_->scenario().checkpoints; ++i) {
    out[static_cast<std::size_t>(i)] = world_->reaches_checkpoint(id_, i);
  }
  return out;
}

// Two tries on fresh sockets: the second at half the timeout, for those that failed.
void Host::perform(const core::StartRound& a) {
  round_ = a.round;
  const auto first = try_checkpoints();
  const auto n = static_cast<std::size_t>(world_->scenario().checkpoints);
  const auto finish = [this, n, round = a.round](const std::array<bool, kMaxCheckpoints>& ok) {
    core::RoundDone done;
    done.round = round;
    done.items.resize(n);
    std::size_t reached = 0;
    for (std::size_t i = 0; i < n; ++i) {
      done.items[i].ok = ok[i];
      reached += ok[i] ? 1 : 0;
    }
    if (reached < n / 2 + 1) round_failed_at_ = world_->heap.now();
    give(std::move(done));
  };
  if (std::all_of(first.begin(), first.begin() + static_cast<std::ptrdiff_t>(n), [](bool b) { return b; })) {
    world_->heap.after(world_->local.range(2 * kMs, 15 * kMs), [this, finish, first, generation = generation_] {
      if (generation == generation_) finish(first);
    });
    return;
  }
  const Time timeout = world_->scenario().timing.timeout.count();
  world_->heap.after(timeout / 2, [this, finish, first, timeout, generation = generation_] {
    if (generation != generation_) return;
    auto ok = try_checkpoints();
    for (std::size_t i = 0; i < ok.size(); ++i) ok[i] = ok[i] || first[i];
    world_->heap.after(timeout / 2 - kMs, [this, finish, ok, generation] {
      if (generation == generation_) finish(ok);
    });
  });
}

void Host::perform(const core::ProbeNow& /*a*/) {
  world_->heap.after(kMs, [this, generation = generation_] {
    if (generation == generation_) poll();
  });
}

void Host::write_slot(const core::Record& record) {
  Slot& slot = slots_[slots_[0].seq <= slots_[1].seq ? 0 : 1];  // the older one, or the one that is broken
  const auto seq = std::max(slots_[0].seq, slots_[1].seq) + 1;
  slot = Slot{true, false, record, seq};
  world_->checker.durable(world_->heap.now(), id_, record);
}

// Writes are done one after the other, by the process: a crash of it leaves the disk as it was.
Time Host::begin_write() {
  disk_free_at_ = std::max(disk_free_at_, world_->heap.now()) + world_->local.range(kMs, 6 * kMs);
  return disk_free_at_;
}

void Host::perform(const core::Persist& a) {
  world_->heap.at(begin_write(), [this, a, generation = generation_] {
    if (generation != generation_ || !up_) return;
    write_slot(a.record);
    give(core::Persisted{a.pool, a.token, true, ""});
  });
}

void Host::perform(const core::SetPermit& a) {
  if (a.resumable) mapped_ = Mapped{a.deadline, a.epoch, kernel_boot_};
  world_->checker.permit(world_->heap.now(), id_, true_time(a.deadline));
  world_->heap.after(world_->local.range(0, 2 * kMs), [this, a] { renew_guard(a.deadline); });
}

void Host::perform(const core::ClearPermit& /*a*/) {
  mapped_.reset();
  world_->checker.permit(world_->heap.now(), id_, 0);
}

void Host::perform(const core::AssertReadOnly& a) {
  core::ReadOnlyAsserted done{a.pool, a.node, a.token, core::Closing::kUnknown, ""};
  if (!database.alive()) {
    done.closing = core::Closing::kProcessGone;
  } else if (!database.hung()) {
    world_->heap.after(world_->local.range(kMs, 4 * kMs), [this, done, generation = generation_]() mutable {
      if (!database.answers()) return;
      database.set_read_only(true);
      done.closing = core::Closing::kClosed;
      if (generation == generation_) give(done);
    });
    return;
  }
  outcome(world_->local.range(kMs, 20 * kMs), done);
}

void Host::perform(const core::Fence& a) {
  ++fences_;
  core::FenceDone done{a.pool, a.token, core::Closing::kUnknown, a.hard, ""};
  const Time bound = world_->scenario().timing.fence_bound.count();
  if (a.hard) guard_close();
  const Time delay = a.hard ? world_->local.range(2 * kMs, bound / 3) : world_->local.range(2 * kMs, bound / 4);
  world_->heap.after(delay, [this, done, generation = generation_]() mutable {
    if (generation != generation_) return;
    if (stopped_ || frozen_) return give(done);  // the process drives it: seen only when it goes on
    if (done.hard && database.hung()) database.kill();
    if (!database.alive()) {
      done.closing = core::Closing::kProcessGone;
    } else if (!database.hung()) {
      database.set_read_only(true);
      done.closing = core::Closing::kClosed;
    }
    give(done);
  });
}

void Host::perform(const core::Promote& a) {
  const Time now = world_->heap.now();
  core::PromoteDone done{a.pool, a.attempt, a.step, true, ""};
  switch (a.step) {
    case core::PromoteStep::kArmGuard:
      world_->checker.permit(now, id_, true_time(a.deadline));
      world_->heap.after(world_->local.range(kMs, 3 * kMs), [this, a] { renew_guard(a.deadline); });
      outcome(4 * kMs, done);
      return;
    case core::PromoteStep::kPersistEpoch:
      world_->heap.at(begin_write(), [this, a, done, generation = generation_] {
        if (generation != generation_ || !up_) return;
        write_slot(a.record);
        world_->checker.own_epoch(world_->heap.now(), id_, a.record.own_epoch);
        give(done);
      });
      return;
    default: promote_on_database(a);
  }
}

void Host::promote_on_database(const core::Promote& a) {
  core::PromoteDone done{a.pool, a.attempt, a.step, false, "simulated failure"};
  const Time limit = 2 * world_->scenario().timing.timeout.count();
  const Time delay = world_->local.range(kMs, a.step == core::PromoteStep::kApplyReceived ? 60 * kMs : 8 * kMs);
  world_->heap.after(delay, [this, a, done, limit, generation = generation_]() mutable {
    if (generation != generation_) return;
    if (stopped_ || frozen_) {  // the shell sends the statement, once it goes on
      world_->heap.after(20 * kMs, [this, a, generation] {
        if (generation == generation_) promote_on_database(a);
      });
      return;
    }
    if (a.step == core::PromoteStep::kOpenWrites && local(world_->heap.now()) >= a.deadline) return give(done);
    if (!database.alive()) return give(done);
    if (database.hung()) {
      outcome(limit, done);
      if (a.step != core::PromoteStep::kOpenWrites) return;
    }
    database.perform([this, a, done, generation]() mutable {
      if (a.step == core::PromoteStep::kStopReplication) database.io_running = false;
      if (a.step == core::PromoteStep::kInsertEpochRow) database.row = a.epoch;
      if (a.step == core::PromoteStep::kOpenWrites) {
        database.set_read_only(false);
        guard_look();
      }
      done.ok = !database.disk_full() || a.step != core::PromoteStep::kInsertEpochRow;
      if (generation == generation_) give(done);
    });
  });
}

void Host::perform(const core::AbortPromotion& /*a*/) { world_->checker.permit(world_->heap.now(), id_, 0); }

void Host::perform(const core::Rejoin& a) {
  core::RejoinDone done{a.pool, a.token, false, "simulated failure"};
  world_->heap.after(world_->local.range(10 * kMs, 80 * kMs), [this, done, generation = generation_]() mutable {
    if (generation != generation_) return;
    if (database.answers() && world_->connected() &&
        world_->hosts[static_cast<std::size_t>(1 - id_)]->database.answers()) {
      database.replica = database.io_running = true;
      done.ok = true;
    }
    give(done);
  });
}

void Host::perform(const core::Journal& a) {
  if (a.id == "pool.state") watch_state(a);
  if (!world_->checker.tracing()) return;
  std::string line = "site " + std::to_string(id_) + " " + a.id + ": " + a.message;
  for (const auto& [key, value] : a.fields) {
    if (key != "pool" && key != "from" && key != "to") line += " " + key + "=" + value;
  }
  world_->checker.say(world_->heap.now(), line);
}

void Host::watch_state(const core::Journal& journal) {
  std::string from;
  std::string to;
  std::string why;
  for (const auto& [key, value] : journal.fields) {
    if (key == "from") from = value;
    if (key == "to") to = value;
    if (key == "why") why = value;
  }
  ++world_->checker.coverage.edges[from + ">" + to];
  for (int s = 0; s <= static_cast<int>(core::State::kMaint); ++s) {
    if (core::name(static_cast<core::State>(s)) == to) state_ = static_cast<core::State>(s);
  }
  const Time now = world_->heap.now();
  const auto& sc = world_->scenario();
  if (state_ != core::State::kPromoting || !why.starts_with("by substitution")) return;
  if (!world_->options().restated) return;
  // I10: T_promote of uninterrupted silence and checkpoints.
  const auto wait =
      static_cast<Time>(static_cast<double>(sc.timing.promote_wait.count()) * (1 - sc.timing.drift)) - kMs;
  if (now - heard_at_ < wait || now - round_failed_at_ < wait || now - booted_at_ < wait || !sc.promote_on_silence) {
    world_->checker.broken(now, "I10", "site " + std::to_string(id_) + " substitutes without cause");
  }
}

void Host::perform(const core::Changed& /*a*/) {}

void Host::perform(const core::CommandReply& a) {
  world_->checker.say(world_->heap.now(), "site " + std::to_string(id_) + " answers the operator: " + a.message);
}

}  // namespace sim
