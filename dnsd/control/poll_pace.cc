#include "dnsd/control/poll_pace.h"

#include <algorithm>

namespace control {

namespace {

constexpr base::Duration kLeastGap = base::milliseconds(10);  // between two requests, whatever happens
// An answer that took this long was held back, or came from so far away that its round trip paces us.
constexpr base::Duration kHeld = base::milliseconds(50);

base::Duration until(base::Duration gap, base::Duration elapsed) {
  return std::max<base::Duration>(gap - elapsed, base::Duration::zero());
}

}  // namespace

base::Duration PollPace::after_answer(bool changed, base::Duration elapsed) {
  if (elapsed >= kHeld) {
    early_ = 0;
    return until(kLeastGap, elapsed);
  }
  if (changed) return until(kLeastGap, elapsed);
  early_ = std::min(early_ + 1, kEarlyAllowed + 1);
  return until(early_ > kEarlyAllowed ? poll_ : kLeastGap, elapsed);
}

base::Duration PollPace::after_failure(base::Duration elapsed) { return std::max(until(poll_, elapsed), kLeastGap); }

}  // namespace control
