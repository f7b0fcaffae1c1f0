// What the files of Host share.
#pragma once

#include <memory>
#include <utility>

#include "tests/sim/host.h"
#include "tests/sim/world.h"

namespace sim {

// Back to this very process.
template <typename Outcome>
void Host::outcome(Time delay, Outcome event) {
  if constexpr (sizeof(Outcome) <= 80) {
    world_->heap.after(delay, [this, generation = generation_, event = std::move(event)]() mutable {
      if (generation == generation_) give(std::move(event));
    });
  } else {
    world_->heap.after(delay,
                       [this, generation = generation_, event = std::make_unique<Outcome>(std::move(event))]() mutable {
                         if (generation == generation_) give(std::move(*event));
                       });
  }
}

}  // namespace sim
