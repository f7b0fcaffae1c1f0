#include "base/timer_queue.h"

#include <algorithm>

namespace base::detail {

TimerQueue::TimerQueue(uv_loop_t* loop) : loop_(loop) {
  uv_timer_init(loop, &timer_);  // cannot fail
  timer_.data = this;
}

void TimerQueue::start(TimerNode& node, std::uint64_t delay, std::uint64_t repeat) {
  if (node.queued) unlink(node);
  uv_update_time(loop_);
  const auto now = uv_now(loop_);
  node.due = now > UINT64_MAX - delay ? UINT64_MAX : now + delay;
  node.repeat = repeat;
  link(node);
  if (!armed_ || node.due < armed_for_) arm();
}

// libuv's timer stays as it is while others wait: it may wake the loop for nothing, once.
void TimerQueue::stop(TimerNode& node) {
  if (!node.queued) return;
  unlink(node);
  if (due_.empty()) arm();
}

void TimerQueue::release(TimerNode* node) {
  node->queue->stop(*node);
  node->released = true;
  if (!node->running) node->free(node);
}

void TimerQueue::link(TimerNode& node) {
  auto& list = due_[node.due];
  node.before = list.last;
  node.after = nullptr;
  (list.last == nullptr ? list.first : list.last->after) = &node;
  list.last = &node;
  node.queued = true;
}

void TimerQueue::unlink(TimerNode& node) {
  node.queued = false;
  if (node.before != nullptr && node.after != nullptr) {  // nearly always, where there are many
    node.before->after = node.after;
    node.after->before = node.before;
    return;
  }
  const auto at = due_.find(node.due);
  (node.before == nullptr ? at->second.first : node.before->after) = node.after;
  (node.after == nullptr ? at->second.last : node.after->before) = node.before;
  if (at->second.first == nullptr) due_.erase(at);
}

// Those that a callback starts for now fire too, but not beyond the millisecond in which this began: one that starts
// itself anew each time would leave the sockets no turn (libuv before 1.45 would let it).
void TimerQueue::fire() {
  armed_ = false;
  const auto until = uv_now(loop_);
  while (!due_.empty() && due_.begin()->first <= until) {
    TimerNode& node = *due_.begin()->second.first;
    unlink(node);
    if (node.repeat > 0) {
      node.due = uv_now(loop_) + node.repeat;
      link(node);
    }
    if (one_turn_) uv_stop(loop_);  // holds for this turn only
    node.running = true;
    if (node.call) node.call();
    node.running = false;
    if (node.released) node.free(&node);
  }
  arm(1);
}

void TimerQueue::arm(std::uint64_t least) {
  armed_ = !due_.empty();
  if (!armed_) {
    uv_timer_stop(&timer_);
    return;
  }
  armed_for_ = due_.begin()->first;
  const auto now = uv_now(loop_);
  uv_timer_start(
      &timer_, [](uv_timer_t* t) { static_cast<TimerQueue*>(t->data)->fire(); },
      std::max(armed_for_ > now ? armed_for_ - now : 0, least), 0);
}

}  // namespace base::detail
