#include "sitecheck/core/gtid.h"

#include <gtest/gtest.h>

namespace core::testing {

namespace {

GtidSet set(std::string_view text) {
  auto parsed = GtidSet::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(GtidSet());
}

constexpr std::string_view kUuid = "3E11FA47-71CA-11E1-9E33-C80AA9429562";

}  // namespace

TEST(Gtid, ReadsMariaDbPositions) {
  EXPECT_TRUE(set("").empty());
  EXPECT_TRUE(set("0-1-10, 0-2-7,\n5-1-3").contains(set("0-2-7")));
  EXPECT_TRUE(set("0-1-10").contains(set("0-1-9")));
  EXPECT_FALSE(set("0-1-9").contains(set("0-1-10")));
}

TEST(Gtid, OneSequenceOfTwoServersIsDivergence) {
  const auto a = set("0-1-101");
  const auto b = set("0-1-100,0-2-101");
  EXPECT_FALSE(a.contains(b));
  EXPECT_FALSE(b.contains(a));
  EXPECT_EQ(a.lacking_in(b), "0-1-101");
}

TEST(Gtid, ReadsMySqlSets) {
  const auto a = set(std::string(kUuid) + ":1-5:7:9-11");
  const auto b = set("3e11fa47-71ca-11e1-9e33-c80aa9429562:1-11");
  EXPECT_TRUE(b.contains(a));
  EXPECT_FALSE(a.contains(b));
  EXPECT_EQ(b.lacking_in(a), "3e11fa47-71ca-11e1-9e33-c80aa9429562:6,3e11fa47-71ca-11e1-9e33-c80aa9429562:8");
  EXPECT_EQ(b.count_lacking_in(a), 2U);
}

TEST(Gtid, JoinsIntervalsThatTouch) {
  const auto a = set(std::string(kUuid) + ":1-5," + std::string(kUuid) + ":6-9");
  EXPECT_TRUE(a.contains(set(std::string(kUuid) + ":1-9")));
}

TEST(Gtid, MergeHoldsBoth) {
  auto a = set("0-1-5");
  a.merge(set("0-1-7,0-2-3"));
  EXPECT_TRUE(a.contains(set("0-1-7,0-2-3")));
}

// Both sites write in one domain, as gtid_domain_id=0 everywhere makes them: 0-2-6 to 0-2-8 lie between.
TEST(Gtid, ErrantTransactionsOfASharedDomainAreListedExactly) {
  EXPECT_EQ(set("0-1-9,0-2-8").lacking_in(set("0-1-5,0-2-8")), "0-1-9");
  EXPECT_EQ(set("0-1-10,0-2-8").lacking_in(set("0-1-7")), "0-1-8..10,0-2-8");
  EXPECT_EQ(set("0-1-10,1-2-8").lacking_in(set("0-1-7,1-2-3")), "0-1-8..10,1-2-4..8");
  EXPECT_EQ(set("0-1-9,0-2-12").lacking_in(set("0-1-5,0-2-12")), "0-1-6..9");  // cannot be, by strict mode
}

TEST(Gtid, EpochRowsDoNotCount) {
  const auto domain = std::to_string(kEpochDomain);
  EXPECT_TRUE(set("0-1-5").contains(set("0-1-5," + domain + "-1-9")));
  EXPECT_EQ(set(domain + "-1-9").lacking_in(set("")), "");
  EXPECT_TRUE(set("").contains(set(std::string(kEpochSource) + ":1-4")));
}

TEST(Gtid, HeartbeatsDoNotCount) {
  EXPECT_TRUE(set("").contains(set(std::string(kBeatSource) + ":1-99")));
  EXPECT_EQ(set(std::string(kBeatSource) + ":1-99").lacking_in(set("")), "");
}

TEST(Gtid, GapsAreWhatASourceOfMysqlLacksBelowItsLast) {
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  EXPECT_EQ(set("").gaps(), "");
  EXPECT_EQ(set(uuid + ":1-5").gaps(), "");
  EXPECT_EQ(set(uuid + ":1-5:7:10-12").gaps(), uuid + ":6," + uuid + ":8-9");
  EXPECT_EQ(set(uuid + ":4-5").gaps(), uuid + ":1-3");
  EXPECT_EQ(set(uuid + ":1-5:tag:2").gaps(), uuid + ":tag:1");
  EXPECT_EQ(set("0-1-5,0-2-9").gaps(), "");  // MariaDB tells the last only
  EXPECT_EQ(set(std::string(kEpochSource) + ":2049-2053").gaps(), "");
}

TEST(Gtid, ALongListIsCutBetweenTwoEntries) {
  EXPECT_EQ(shortened("a:1,b:2", 20), "a:1,b:2");
  EXPECT_EQ(shortened("a:1,b:2,c:3,d:4", 9), "a:1,b:2, and 2 more");
  EXPECT_EQ(shortened("aaaaaaaaaa", 4), "aaaa...");
}

// MySQL 8.3 and later: the numbers after a tag are its own.
TEST(Gtid, TagsOfMysqlAreSourcesOfTheirOwn) {
  const std::string uuid = "3e11fa47-71ca-11e1-9e33-c80aa9429562";
  const auto a = set(uuid + ":1-5:import:1-3:9:_b2:1");
  EXPECT_TRUE(a.contains(set(uuid + ":2-4")));
  EXPECT_TRUE(a.contains(set(uuid + ":Import:2:9")));
  EXPECT_FALSE(a.contains(set(uuid + ":import:4")));
  EXPECT_FALSE(set(uuid + ":1-5").contains(set(uuid + ":import:1")));
  EXPECT_EQ(a.lacking_in(set(uuid + ":1-5:import:1-2")), uuid + ":_b2:1," + uuid + ":import:3," + uuid + ":import:9");
  EXPECT_EQ(a.count_lacking_in(set(uuid + ":1-5")), 5U);
  for (const auto* bad : {":import", ":1:import", ":im-port:1", ":2a:1", ":import:0"}) {
    EXPECT_FALSE(GtidSet::parse(uuid + bad)) << bad;
  }
}

TEST(Gtid, RefusesWhatIsNeither) {
  for (const auto* text : {"x", "0-1", "0-1-2-3", "-1-1", "0--1", "0-1-99999999999999999999", "4294967296-1-1",
                           "3E11FA47-71CA-11E1-9E33-C80AA9429562", "3E11FA47-71CA-11E1-9E33-C80AA9429562:0",
                           "3E11FA47-71CA-11E1-9E33-C80AA9429562:5-4", "3E11FA47-71CA-11E1-9E33-C80AA9429562:1-",
                           "3E11FA47-71CA-11E1-9E33-C80AA942956G:1"}) {
    EXPECT_FALSE(GtidSet::parse(text)) << text;
  }
}

TEST(Gtid, HoldsTheLargestNumbers) {
  const auto a = set("0-1-18446744073709551615");
  EXPECT_TRUE(a.contains(set("0-1-5")));
  EXPECT_EQ(set("0-1-5").lacking_in(a), "");
  EXPECT_EQ(a.lacking_in(set("0-1-5")), "0-1-6..18446744073709551615");
}

}  // namespace core::testing
