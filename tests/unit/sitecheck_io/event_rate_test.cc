#include "sitecheck/io/event_rate.h"

#include <gtest/gtest.h>

namespace {

using base::seconds;
using sitecheck::EventRate;
using sitecheck::matches_glob;

const base::Instant kStart = base::Instant(seconds(1'000'000));

TEST(EventGlob, AStarStandsForAnyText) {
  EXPECT_TRUE(matches_glob("*", "pool.state"));
  EXPECT_TRUE(matches_glob("*", ""));
  EXPECT_TRUE(matches_glob("pool.*", "pool.state"));
  EXPECT_TRUE(matches_glob("*.state", "pool.state"));
  EXPECT_TRUE(matches_glob("p*.s*e", "pool.state"));
  EXPECT_TRUE(matches_glob("*l*l*", "pool.alarm"));
  EXPECT_TRUE(matches_glob("pool.state", "pool.state"));
  EXPECT_FALSE(matches_glob("pool.*", "fence.begun"));
  EXPECT_FALSE(matches_glob("pool", "pool.state"));
  EXPECT_FALSE(matches_glob("", "pool.state"));
  EXPECT_FALSE(matches_glob("*x", "pool.state"));
}

TEST(EventRate, AdmitsSoManyAndCountsTheRest) {
  EventRate rate(2, seconds(60));
  EXPECT_TRUE(rate.admit("a", kStart));
  EXPECT_TRUE(rate.admit("b", kStart + seconds(10)));
  EXPECT_FALSE(rate.next()) << "nothing is held back";
  EXPECT_FALSE(rate.admit("c", kStart + seconds(20)));
  EXPECT_FALSE(rate.admit("c", kStart + seconds(21)));
  EXPECT_FALSE(rate.admit("d", kStart + seconds(22)));
  EXPECT_EQ(rate.next(), kStart + seconds(60));
  EXPECT_FALSE(rate.take(kStart + seconds(59)));
  const auto held = rate.take(kStart + seconds(60));
  ASSERT_TRUE(held);
  EXPECT_EQ(held->count, 3U);
  EXPECT_EQ(held->events.at("c"), 2U);
  EXPECT_EQ(held->events.at("d"), 1U);
  EXPECT_FALSE(rate.take(kStart + seconds(61))) << "told once";
  EXPECT_FALSE(rate.next());
}

TEST(EventRate, TheSummaryIsARunToo) {
  EventRate rate(1, seconds(60));
  EXPECT_TRUE(rate.admit("a", kStart));
  EXPECT_FALSE(rate.admit("b", kStart + seconds(1)));
  EXPECT_TRUE(rate.take(kStart + seconds(60)));
  EXPECT_FALSE(rate.admit("c", kStart + seconds(61)));
  EXPECT_TRUE(rate.take(kStart + seconds(120)));
}

// An event that comes when there is room again, before the summary was told, waits for it: the order stays.
TEST(EventRate, NothingOvertakesWhatIsHeldBack) {
  EventRate rate(1, seconds(60));
  EXPECT_TRUE(rate.admit("a", kStart));
  EXPECT_FALSE(rate.admit("b", kStart + seconds(1)));
  EXPECT_FALSE(rate.admit("c", kStart + seconds(70)));
  EXPECT_EQ(rate.take(kStart + seconds(70))->count, 2U);
}

TEST(EventRate, ManyNamesAreNotKept) {
  EventRate rate(1, seconds(60));
  EXPECT_TRUE(rate.admit("a", kStart));
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(rate.admit("e" + std::to_string(i), kStart));
  const auto held = rate.take(kStart + seconds(60));
  EXPECT_EQ(held->count, 1000U);
  EXPECT_EQ(held->events.size(), 101U);
  EXPECT_EQ(held->events.at("others"), 900U);
}

}  // namespace
