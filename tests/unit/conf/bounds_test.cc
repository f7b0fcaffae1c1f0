#include "conf/bounds.h"

#include <gtest/gtest.h>

namespace conf {
namespace {

using base::milliseconds;
using base::seconds;

// Protocol.md section 7, lan: about 1.3 s (crash), 1.9 s (hang) and 3.6 s (site) at the 99th percentile. The bounds
// stand above these, and not far.
TEST(FailoverBounds, LieAboveWhatTheProtocolMeasures) {
  const auto bounds = failover_bounds(*ecv::preset("lan"));
  EXPECT_EQ(bounds.crash, milliseconds(1600));
  EXPECT_EQ(bounds.hang, milliseconds(1850));
  EXPECT_EQ(bounds.site_lost, milliseconds(3800));
}

TEST(FailoverBounds, FastIsUnderASecondOnACrash) {
  EXPECT_LT(failover_bounds(*ecv::preset("fast")).crash, seconds(1));
  EXPECT_LT(failover_bounds(*ecv::preset("fast")).site_lost, seconds(2));
}

TEST(GuardBound, IsLeaseTickAndFence) { EXPECT_EQ(guard_bound(*ecv::preset("lan")), milliseconds(2650)); }

TEST(StaleBound, IsTheTtlUntilTheClaimWasNotRenewedForThatLong) {
  EXPECT_EQ(stale_bound(seconds(5), seconds(1), seconds(0)), seconds(5));
  EXPECT_EQ(stale_bound(seconds(5), seconds(1), seconds(3)), seconds(2));
  EXPECT_EQ(stale_bound(seconds(5), seconds(1), seconds(60)), seconds(1));
}

}  // namespace
}  // namespace conf
