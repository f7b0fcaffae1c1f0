// When the next request of a path goes out: at once after an answer that the site held back (so that a change travels
// at once), never in a hot loop, and after a failure at most one poll interval later. Pure.
#pragma once

#include "base/time.h"

namespace control {

class PollPace {
 public:
  explicit PollPace(base::Duration poll) : poll_(poll) {}

  // `elapsed`: from the request to its answer. `changed`: it said something else than the one before.
  [[nodiscard]] base::Duration after_answer(bool changed, base::Duration elapsed);
  [[nodiscard]] base::Duration after_failure(base::Duration elapsed);

 private:
  // Early answers that bring nothing new: a site may give one or two around a change. One that always does so does not
  // hold requests at all, and is polled once an interval.
  static constexpr int kEarlyAllowed = 3;

  base::Duration poll_;
  int early_ = 0;
};

}  // namespace control
