// The timers of one Loop, behind one timer of libuv. With a connection and a deadline for each of a thousand nodes,
// libuv's heap costs more than what most of the timers are for: nearly all are stopped before they fire. Here they
// stand in a list for each millisecond at which any is due, so that starting and stopping one touches its neighbours
// only. Internal to uv.cc.
#pragma once

#include <uv.h>

#include <cstdint>
#include <functional>
#include <map>

namespace base::detail {

class TimerQueue;

// One timer. Its owner frees it by `free`, through release().
struct TimerNode {
  TimerQueue* queue = nullptr;
  TimerNode* before = nullptr;
  TimerNode* after = nullptr;
  std::uint64_t due = 0;     // ms of the loop's clock
  std::uint64_t repeat = 0;  // ms; 0: once
  bool queued = false;
  bool running = false;   // within call
  bool released = false;  // meanwhile
  std::function<void()> call;
  void (*free)(TimerNode*) = nullptr;
};

class TimerQueue {
 public:
  // Lives until the loop is closed.
  explicit TimerQueue(uv_loop_t* loop);
  TimerQueue(const TimerQueue&) = delete;
  TimerQueue& operator=(const TimerQueue&) = delete;

  // As uv_timer_start(): due `delay` ms from now; those of one instant fire in the order of their starts.
  void start(TimerNode& node, std::uint64_t delay, std::uint64_t repeat);
  void stop(TimerNode& node);
  // Stops it, and frees it once it does not run.
  static void release(TimerNode* node);
  // While it holds, a turn of the loop in which a timer fired waits for nothing more (libuv before 1.45 runs the timers
  // of a turn before it waits).
  void one_turn(bool on) { one_turn_ = on; }

 private:
  struct List {
    TimerNode* first = nullptr;
    TimerNode* last = nullptr;
  };
  void link(TimerNode& node);
  void unlink(TimerNode& node);
  void fire();
  // Sets libuv's timer for the first one, `least` ms from now or later.
  void arm(std::uint64_t least = 0);

  uv_loop_t* loop_;
  uv_timer_t timer_{};
  bool armed_ = false;
  bool one_turn_ = false;
  std::uint64_t armed_for_ = 0;
  std::map<std::uint64_t, List> due_;  // no list is empty
};

}  // namespace base::detail
