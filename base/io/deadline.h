// A timeout that lets inputs win: it fires only after the sockets that were ready when it ran out have been served
// (protocol.md rule 8). libuv 1.44 runs timers before it polls, so after a loop was held up a plain timer would call
// every answer that waits in a socket a timeout.
#pragma once

#include <functional>
#include <utility>

#include "base/uv.h"

namespace io {

class Deadline {
 public:
  Deadline(base::Loop& loop, std::function<void()> on_late)
      : on_late_(std::move(on_late)), timer_(loop, [this] { run_out(); }) {}

  void start(base::Duration delay) {
    ran_out_ = false;
    timer_.start(delay);
  }
  void stop() { timer_.stop(); }

 private:
  void run_out() {
    if (!std::exchange(ran_out_, true)) return timer_.start(base::milliseconds(1));  // one poll in between
    const auto call = on_late_;                                                      // it may destroy this
    call();
  }

  std::function<void()> on_late_;
  bool ran_out_ = false;
  base::Timer timer_;
};

}  // namespace io
