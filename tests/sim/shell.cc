// What the shell of sitecheck does with the core's actions, and the outcomes that it brings back.
#include <algorithm>
#include <bit>

#include "tests/sim/etcd_model.h"
#include "tests/sim/host_impl.h"

namespace sim {

void Host::perform(core::SendPeer& a) {
  if (a.datagram.state == ecv::PoolState::kActive) world_->checker.claims(world_->heap.now(), id_, a.datagram.epoch);
  world_->network.transmit(id_, std::move(a.datagram));
}

Mask Host::try_checkpoints() {
  Mask out = 0;
  for (int i = 0; i < world_->scenario().checkpoints; ++i) put(out, i, world_->network.reaches_checkpoint(id_, i));
  return out;
}

// Two tries on fresh sockets: the second at half the timeout, for those that failed.
void Host::perform(const core::StartRound& a) {
  const Mask first = try_checkpoints();
  const auto all = static_cast<Mask>((1U << world_->scenario().checkpoints) - 1);
  if (first == all) {
    world_->heap.after(random_.range(2 * kMs, 15 * kMs), [this, round = a.round, first, generation = generation_] {
      if (generation == generation_) finish_round(round, first);
    });
    return;
  }
  const Time timeout = world_->scenario().timing.timeout.count();
  world_->heap.after(timeout / 2, [this, first, round = a.round, timeout, generation = generation_] {
    if (generation != generation_) return;
    const auto ok = static_cast<Mask>(first | try_checkpoints());
    world_->heap.after(timeout / 2 - kMs, [this, round, ok, generation] {
      if (generation == generation_) finish_round(round, ok);
    });
  });
}

void Host::finish_round(std::uint64_t round, Mask ok) {
  const int n = world_->scenario().checkpoints;
  auto& done = std::get<core::RoundDone>(round_event_);
  done.round = round;
  done.items.resize(static_cast<std::size_t>(n));
  for (int i = 0; i < n; ++i) done.items[static_cast<std::size_t>(i)].ok = has(ok, i);
  if (std::popcount(ok) < n / 2 + 1) round_failed_at_ = world_->heap.now();
  if (!site_) return;
  if (stopped_ || frozen_) return give(round_event_);
  step(std::span(&round_event_, 1));
}

void Host::perform(const core::ProbeNow& /*a*/) {
  world_->heap.after(kMs, [this, generation = generation_] {
    if (generation == generation_) poll();
  });
}

void Host::write_slot(const core::Record& record) {
  Slot& slot = slots_[slots_[0].seq <= slots_[1].seq ? 0 : 1];  // the older one, or the one that is broken
  const auto seq = std::max(slots_[0].seq, slots_[1].seq) + 1;
  slot = Slot{true, record, seq};
  world_->checker.durable(world_->heap.now(), id_, record);
}

// Writes are done one after the other, by the process: a crash of it leaves the disk as it was.
Time Host::begin_write() {
  disk_free_at_ = std::max(disk_free_at_, world_->heap.now()) + random_.range(kMs, 6 * kMs);
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
  if (a.resumable) mapped_ = Mapped{a.deadline, a.epoch, a.lease_id, kernel_boot_};
  deadline_ = a.deadline;
  world_->checker.permit(world_->heap.now(), id_, true_time(a.deadline));
  world_->heap.after(random_.range(0, 2 * kMs), [this, deadline = a.deadline] { guard.renew(deadline); });
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
    world_->heap.after(random_.range(kMs, 4 * kMs), [this, done, generation = generation_]() mutable {
      if (!database.answers()) return;
      database.set_read_only(true);
      done.closing = core::Closing::kClosed;
      if (generation == generation_) give(done);
    });
    return;
  }
  outcome(random_.range(kMs, 20 * kMs), done);
}

void Host::perform(const core::Fence& a) {
  ++fences;
  core::FenceDone done{a.pool, a.token, core::Closing::kUnknown, a.hard, ""};
  const auto& sc = world_->scenario();
  const Time bound = sc.timing.fence_bound.count();
  if (a.hard) guard.close();
  Time delay = random_.range(2 * kMs, a.hard ? bound / 3 : bound / 4);
  if (sc.slow_fence) delay = random_.range(bound / 4, bound * (a.hard ? 45 : 90) / 100);
  if (sc.fence_beyond && !world_->quiet()) delay += 3 * bound;
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

void Host::perform(const core::AbortPromotion& /*a*/) { world_->checker.permit(world_->heap.now(), id_, 0); }

void Host::perform(const core::WriteBeat& /*a*/) {}  // the databases here keep no lag

void Host::perform(const core::Rejoin& a) {
  core::RejoinDone done{a.pool, a.token, false, "simulated failure"};
  const int of = a.of.empty() ? -1 : world_->network.party_of(a.of);
  world_->heap.after(random_.range(10 * kMs, 80 * kMs), [this, done, of, generation = generation_]() mutable {
    if (generation != generation_) return;
    const bool reached = of >= 0 && of != id_ && world_->network.connected(id_, of) &&
                         world_->hosts[static_cast<std::size_t>(of)]->database.answers();
    if (database.answers() && reached) {
      database.replica = database.io_running = true;
      database.source = of;
      done.ok = true;
    }
    give(done);
  });
}

void Host::perform(const core::EtcdCampaign& a) {
  if (world_->etcd) world_->etcd->campaign(*this, a);
}
void Host::perform(const core::EtcdKeepAlive& a) {
  if (world_->etcd) world_->etcd->keep_alive(*this, a);
}
void Host::perform(const core::EtcdRelease& a) {
  if (world_->etcd) world_->etcd->release(*this, a);
}

void Host::perform(const core::CommandReply& a) {
  if (a.id == static_cast<std::uint64_t>(core::Operation::kSwitchover) + 1) {
    world_->checker.coverage.count(a.ok ? Deed::kSwitchoverDone : Deed::kSwitchoverNot);
  }
  if (a.ok && a.id == static_cast<std::uint64_t>(core::Operation::kPromoteForce) + 1) {
    world_->checker.coverage.count(Deed::kForced);
  }
  if (world_->checker.tracing()) {
    world_->checker.say(world_->heap.now(), site_name(id_) + " answers the operator: " + a.message);
  }
}

}  // namespace sim
