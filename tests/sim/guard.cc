#include "tests/sim/guard.h"

#include "tests/sim/host.h"
#include "tests/sim/world.h"

namespace sim {

void Guard::renew(base::Instant deadline) {
  if (!alive_ || !host_->runs_processes()) return;
  if (stopped_) {
    if (!unread_ || deadline > *unread_) unread_ = deadline;
    return;
  }
  if (!deadline_ || deadline > *deadline_) deadline_ = deadline;
  look_at(*deadline_);
}

bool Guard::arm(base::Instant deadline) {
  if (!answers()) return false;
  renew(deadline);
  return true;
}

// It looks every tick; simulated is only the first look after the deadline.
void Guard::look_at(base::Instant deadline) {
  const Time now = world_->heap.now();
  if (look_ > now) return;  // it looks then, and sees the new deadline
  look_ = std::max(now, host_->true_time(deadline)) +
          host_->local_random().range(1, world_->scenario().timing.guard_tick.count());
  world_->heap.at(look_, [this, at = look_] {
    if (look_ != at) return;
    look_ = -1;
    look();
  });
}

// Closes when the deadline has passed, and again until it is closed.
void Guard::look() {
  if (!answers() || !host_->runs_processes() || !deadline_) return;
  if (host_->local(world_->heap.now()) < *deadline_) return look_at(*deadline_);
  if (unconfirmed()) close();
}

// A database that hangs may still perform what it was told, an opening too: it is not known to be closed.
bool Guard::unconfirmed() const { return host_->database.writable() || host_->database.hung(); }

void Guard::close() {
  if (!world_->options().guard || !answers()) return;
  const auto& sc = world_->scenario();
  const Time bound = sc.timing.fence_bound.count();
  const Time beyond = sc.fence_beyond && !world_->quiet() ? 3 * bound : 0;
  const Time soft = sc.slow_fence ? host_->local_random().range(bound / 3, bound * 55 / 100)
                                  : host_->local_random().range(kMs, bound / 3);
  world_->heap.after(soft + beyond, [this, bound, slow = sc.slow_fence] {
    if (!host_->runs_processes() || !answers() || !unconfirmed()) return;
    const bool renewed = deadline_ && host_->local(world_->heap.now()) < *deadline_;
    if (renewed && host_->state() == core::State::kActive) return;
    if (host_->database.answers()) {
      world_->checker.coverage.count(Deed::kGuardClosed);
      if (world_->checker.tracing())
        world_->checker.say(world_->heap.now(), site_name(host_->id()) + ": its guard closes the database");
      return host_->database.set_read_only(true);
    }
    world_->heap.after(slow ? bound * 4 / 10 : bound / 3, [this] {
      const bool over = deadline_ && host_->local(world_->heap.now()) >= *deadline_;
      if (host_->runs_processes() && unconfirmed() && over) host_->database.kill();
    });
  });
}

void Guard::crash() {
  if (!alive_) return;
  alive_ = stopped_ = false;
  deadline_.reset();
  unread_.reset();
  look_ = -1;
  world_->checker.coverage.count(Deed::kGuardAway);
}

void Guard::start() { alive_ = true; }

void Guard::stop() {
  if (!answers()) return;
  stopped_ = true;
  world_->checker.coverage.count(Deed::kGuardAway);
}

void Guard::go_on() {
  if (!alive_ || !stopped_) return;
  stopped_ = false;
  if (unread_) renew(*std::exchange(unread_, std::nullopt));
  look();
}

void Guard::thaw() {
  look_ = -1;
  if (deadline_ && answers()) look_at(*deadline_);
}

}  // namespace sim
