#include "sitecheck/io/probe_times.h"

#include <gtest/gtest.h>

namespace sitecheck {
namespace {

TEST(ProbeTimes, EachTimeFallsIntoTheBucketThatBoundsIt) {
  ProbeTimes times;
  times.add(base::Duration(0));
  times.add(base::Duration(100));  // microseconds: just the first bound
  times.add(base::Duration(101));
  times.add(base::Duration(1'000));
  times.add(base::seconds(60));
  EXPECT_EQ(times.counts()[0], 2U);
  EXPECT_EQ(times.counts()[1], 1U);
  EXPECT_EQ(times.counts()[7], 1U) << ProbeTimes::bound(7);
  EXPECT_EQ(times.counts().back(), 1U);
  EXPECT_NEAR(ProbeTimes::bound(2), 0.0002, 1e-9);
  EXPECT_EQ(times.sum(), base::Duration(60'001'201));
}

}  // namespace
}  // namespace sitecheck
