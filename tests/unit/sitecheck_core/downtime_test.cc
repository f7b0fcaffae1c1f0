#include "sitecheck/core/downtime.h"

#include <gtest/gtest.h>

namespace core {

namespace {

constexpr base::WallTime kNow{base::seconds(1'000'000)};

Downtime of(const std::string& node, int minutes) {
  return {"main", node, kNow + std::chrono::minutes(minutes), "ann", "disk"};
}

}  // namespace

TEST(Downtime, HoldsUntilItsEndAndNotAtIt) {
  Downtimes d;
  d.set(of("db1", 30));
  ASSERT_NE(d.find("main", "db1", kNow), nullptr);
  EXPECT_EQ(d.find("main", "db1", kNow)->reason, "disk");
  EXPECT_EQ(d.find("main", "db2", kNow), nullptr);
  EXPECT_EQ(d.find("other", "db1", kNow), nullptr);
  EXPECT_EQ(d.find("main", "db1", kNow + std::chrono::minutes(30)), nullptr);
}

TEST(Downtime, ALaterOneTakesThePlaceOfTheOneBefore) {
  Downtimes d;
  d.set(of("db1", 30));
  d.set(of("db1", 5));
  EXPECT_EQ(d.all().size(), 1U);
  EXPECT_EQ(d.find("main", "db1", kNow + std::chrono::minutes(6)), nullptr);
}

TEST(Downtime, EndsByAPersonOnce) {
  Downtimes d;
  d.set(of("db1", 30));
  EXPECT_TRUE(d.end("main", "db1"));
  EXPECT_FALSE(d.end("main", "db1"));
  EXPECT_TRUE(d.all().empty());
}

TEST(Downtime, ExpiredOnesAreGivenOnceAndTheOthersStay) {
  Downtimes d;
  d.set(of("db1", 1));
  d.set(of("db2", 30));
  const auto over = d.expire(kNow + std::chrono::minutes(1));
  ASSERT_EQ(over.size(), 1U);
  EXPECT_EQ(over[0].node, "db1");
  EXPECT_EQ(d.all().size(), 1U);
  EXPECT_TRUE(d.expire(kNow + std::chrono::minutes(1)).empty());
}

}  // namespace core
