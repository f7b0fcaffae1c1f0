#include "probes/slots.h"

#include <gtest/gtest.h>

#include <cmath>
#include <map>

namespace probes {
namespace {

using base::Duration;
using base::Instant;
using base::microseconds;
using base::milliseconds;
using base::seconds;

TEST(Slots, AreATwentyFifthOfTheIntervalInWholeMilliseconds) {
  EXPECT_EQ(slot_width(seconds(1)), milliseconds(40));
  EXPECT_EQ(slot_width(milliseconds(250)), milliseconds(10));
  EXPECT_EQ(slot_width(milliseconds(20)), milliseconds(1));
}

TEST(Slots, TheNextOneIsNotBeforeAndLessThanAWidthAway) {
  for (int us = 0; us < 100000; us += 777) {
    const Instant at{seconds(1000) + microseconds(us)};
    const Instant slot = next_slot(at, seconds(1));
    EXPECT_GE(slot, at);
    EXPECT_LT(slot - at, milliseconds(40));
    EXPECT_EQ(slot.time_since_epoch() % milliseconds(40), Duration::zero());
    EXPECT_EQ(next_slot(slot, seconds(1)), slot);
  }
}

// As the runner spreads them: by the golden ratio.
TEST(Slots, AThousandNodesFillAllOfThemEvenly) {
  std::map<Instant, int> filled;
  for (int node = 0; node < 1000; ++node) {
    const double turns = node * 0.6180339887498949;
    const Duration delay(static_cast<Duration::rep>((turns - std::floor(turns)) * 1e6));
    ++filled[next_slot(Instant{seconds(5) + delay}, seconds(1))];
  }
  EXPECT_GE(filled.size(), 25U);
  for (const auto& [slot, nodes] : filled) EXPECT_LE(nodes, 42);
}

}  // namespace
}  // namespace probes
