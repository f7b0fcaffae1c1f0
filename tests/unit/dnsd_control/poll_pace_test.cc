#include "dnsd/control/poll_pace.h"

#include <gtest/gtest.h>

namespace control {
namespace {

using base::milliseconds;
constexpr base::Duration kNone = base::Duration::zero();

TEST(PollPace, AsksAgainAtOnceAfterAHeldAnswer) {
  PollPace pace(milliseconds(250));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pace.after_answer(false, milliseconds(250)), kNone);
}

TEST(PollPace, AsksAgainAlmostAtOnceAfterNews) {
  PollPace pace(milliseconds(250));
  EXPECT_EQ(pace.after_answer(true, milliseconds(1)), milliseconds(9));
  EXPECT_EQ(pace.after_answer(true, milliseconds(50)), kNone);
}

TEST(PollPace, NeverPollsASiteThatDoesNotHoldInAHotLoop) {
  PollPace pace(milliseconds(250));
  base::Duration total{};
  for (int i = 0; i < 100; ++i) total += milliseconds(1) + pace.after_answer(false, milliseconds(1));
  EXPECT_GT(total, milliseconds(250) * 95);
}

TEST(PollPace, ASiteWithAShorterIntervalThanOursHoldsToo) {
  PollPace pace(milliseconds(2000));
  for (int i = 0; i < 100; ++i) EXPECT_EQ(pace.after_answer(false, milliseconds(100)), kNone);
}

TEST(PollPace, AHeldAnswerForgivesEarlyOnes) {
  PollPace pace(milliseconds(250));
  for (int i = 0; i < 10; ++i) (void)pace.after_answer(false, milliseconds(1));
  EXPECT_EQ(pace.after_answer(false, milliseconds(1)), milliseconds(249));
  (void)pace.after_answer(false, milliseconds(200));
  EXPECT_EQ(pace.after_answer(false, milliseconds(1)), milliseconds(9));
}

TEST(PollPace, TriesAgainWithinOnePollAfterAFailure) {
  PollPace pace(milliseconds(250));
  EXPECT_EQ(pace.after_failure(milliseconds(1)), milliseconds(249));
  EXPECT_EQ(pace.after_failure(milliseconds(2000)), milliseconds(10));
}

}  // namespace
}  // namespace control
