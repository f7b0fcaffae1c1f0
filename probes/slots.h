// When probes begin: the instants of a grid, so that those of many nodes wake the process together. A wake-up costs
// more than the probe that it is for.
#pragma once

#include <algorithm>

#include "base/time.h"

namespace probes {

// A twenty-fifth of the interval, in whole milliseconds as the loop's timers have them, at least one: a thousand nodes
// begin forty at a time, a dozen each for itself.
[[nodiscard]] inline base::Duration slot_width(base::Duration interval) {
  return std::max<base::Duration>(base::milliseconds(1), base::milliseconds(base::to_ms(interval) / 25));
}

// The first slot that is not before `at`.
[[nodiscard]] inline base::Instant next_slot(base::Instant at, base::Duration interval) {
  const auto width = slot_width(interval);
  const auto past = at.time_since_epoch() % width;
  return past == base::Duration::zero() ? at : at + (width - past);
}

}  // namespace probes
