// The guard beside mysqld (protocol.md section 5), and the poll of the node.
#include "tests/sim/host.h"
#include "tests/sim/world.h"

namespace sim {

void Host::renew_guard(base::Instant deadline) {
  if (!up_ || frozen_) return;
  if (!guard_deadline_ || deadline > *guard_deadline_) guard_deadline_ = deadline;
  const Time now = world_->heap.now();
  if (guard_look_ > now) return;  // it looks then, and sees the new deadline
  const Time tick = world_->scenario().timing.guard_tick.count();
  guard_look_ = std::max(now, true_time(*guard_deadline_)) + world_->local.range(1, tick);
  world_->heap.at(guard_look_, [this, at = guard_look_] {
    if (guard_look_ != at) return;
    guard_look_ = -1;
    guard_look();
  });
}

// Closes when the deadline has passed, and again until it is closed.
void Host::guard_look() {
  if (!up_ || frozen_ || !guard_deadline_) return;
  if (local(world_->heap.now()) < *guard_deadline_) return renew_guard(*guard_deadline_);
  if (database.writable()) guard_close();
}

void Host::guard_close() {
  if (!world_->options().guard) return;
  const Time bound = world_->scenario().timing.fence_bound.count();
  world_->heap.after(world_->local.range(kMs, bound / 3), [this, bound] {
    if (!up_ || frozen_ || !database.writable()) return;
    if (guard_deadline_ && local(world_->heap.now()) < *guard_deadline_ && state_ == core::State::kActive) return;
    if (database.answers()) return database.set_read_only(true);
    world_->heap.after(bound / 3, [this] {
      if (up_ && database.writable() && guard_deadline_ && local(world_->heap.now()) >= *guard_deadline_)
        database.kill();
    });
  });
}

core::NodePolled Host::look() const {
  core::NodePolled p;
  p.read_only = database.read_only();
  if (!database.read_only()) p.write = database.disk_full() ? core::WriteProbe::kFailed : core::WriteProbe::kOk;
  if (database.replica) {
    const bool reached = world_->connected() && world_->hosts[static_cast<std::size_t>(1 - id_)]->database.answers();
    p.io = !database.io_running ? "No" : reached ? "Yes" : "Connecting";
    p.sql = database.io_running ? "Yes" : "No";
    p.io_errno = p.io == "Connecting" ? 2003 : 0;
  }
  p.gtid = database.position();
  p.epoch_row = database.row;
  p.epoch_row_read = true;
  return p;
}

void Host::poll() {
  if (!site_ || frozen_) return;
  if (stopped_) return;
  core::NodePolled p;
  if (!database.alive()) {
    p.result = core::PollResult::kRefused;
    p.message = "connection refused";
    outcome(kMs, p);
    return;
  }
  if (database.hung()) {
    p.result = core::PollResult::kUnreachable;
    p.message = "timed out";
    outcome(world_->scenario().timing.timeout.count(), p);
    return;
  }
  if (world_->local.chance(world_->scenario().client_writes)) database.client_write();
  auto& other = world_->hosts[static_cast<std::size_t>(1 - id_)]->database;
  if (database.replica && database.io_running && other.answers() && world_->connected()) {
    database.replicate_from(other);
  }
  outcome(2 * kMs, look());
}

void Host::poll_every(std::uint64_t /*generation*/) {
  poll();
  if (database.writable() && !frozen_) world_->checker.still_writable(world_->heap.now(), id_);
  world_->heap.after(world_->scenario().timing.interval.count(), [this] { poll_every(0); });
}

}  // namespace sim
