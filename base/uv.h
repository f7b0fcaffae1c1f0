// libuv behind RAII: loop, timer, poll, async, signal, and the hook that runs after all sockets were read.
//
// One thread owns a Loop and everything made on it. Only Async::send may be called from another thread.
// A handle's callback never runs after its object is gone: the destructor closes the handle, and libuv frees the rest
// in the close callback. A callback may destroy the object that it belongs to.
#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

struct uv_loop_s;

namespace base {

namespace detail {
struct Handle;
struct HandleCloser {
  void operator()(Handle* handle) const;
};
using HandlePtr = std::unique_ptr<Handle, HandleCloser>;
}  // namespace detail

class Loop {
 public:
  Loop();
  // Closes whatever is left and drains the loop.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Runs until stop() or until nothing is left to wait for.
  void run();
  void stop();
  // One turn; waits for an event if `wait`. For tests.
  void run_once(bool wait);
  [[nodiscard]] uv_loop_s* raw() { return loop_.get(); }

 private:
  std::unique_ptr<uv_loop_s> loop_;
};

// Fires once after `delay`, or every `repeat` if that is above zero. Below one millisecond rounds up.
class Timer {
 public:
  Timer(Loop& loop, std::function<void()> on_fire);
  void start(Duration delay, Duration repeat = Duration::zero());
  void stop();

 private:
  detail::HandlePtr handle_;
};

// Watches a file descriptor that the caller owns and closes after this object is gone. It becomes non-blocking.
// One Poll per descriptor (libuv's rule).
class Poll {
 public:
  enum Events { kReadable = 1, kWritable = 2 };  // libuv's values
  // `on_event(status, events)`: status is 0, or a negative errno.
  Poll(Loop& loop, int fd, std::function<void(int, int)> on_event);
  void start(int events);
  void stop();

 private:
  detail::HandlePtr handle_;
};

// Wakes the loop from any thread; several sends may be seen as one.
class Async {
 public:
  Async(Loop& loop, std::function<void()> on_wake);
  void send();

 private:
  detail::HandlePtr handle_;
};

class Signal {
 public:
  Signal(Loop& loop, int number, std::function<void()> on_signal);

 private:
  detail::HandlePtr handle_;
};

// Runs each turn after all ready sockets were served (uv_check). Where inputs must win over timeouts, timers only wake
// the loop and the step runs here (protocol.md rule 8: libuv 1.44 runs timers before it polls).
class AfterPoll {
 public:
  AfterPoll(Loop& loop, std::function<void()> on_turn);

 private:
  detail::HandlePtr handle_;
};

}  // namespace base
