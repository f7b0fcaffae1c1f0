#include "dnsd/control/told.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace control {
namespace {

const decide::MemberId kFirst{"site1", "main"};
const decide::MemberId kSecond{"site2", "main"};

ecv::Report report(int ok = 3) {
  ecv::Report out;
  out.instance = "db1:77";
  out.checkpoints = {ok, 3, 2, ok < 2 ? "WAN" : ""};
  out.nodes.push_back({"node1", ecv::NodeState::kUnknown, ecv::NodeStatus::kOk, false, "", "", 12, "", 0});
  return out;
}

TEST(Told, TellsOfAReportOnceAndAgainWhenItIsOtherwise) {
  Told told;
  told.take(kFirst, report());
  told.take(kSecond, report());
  EXPECT_EQ(told.news().size(), 2U);
  EXPECT_TRUE(told.news().empty());
  told.take(kFirst, report());
  EXPECT_TRUE(told.news().empty());
  told.take(kFirst, report(1));
  const auto news = told.news();
  ASSERT_EQ(news.size(), 1U);
  const auto parsed = nlohmann::json::parse(news[0]);
  EXPECT_EQ(parsed["site"], "site1");
  EXPECT_EQ(parsed["checkpoints"]["ok"], 1);
  EXPECT_EQ(parsed["checkpoints"]["cut"], "WAN");
  EXPECT_EQ(parsed["nodes"][0]["lag_ms"], 12);
  EXPECT_EQ(told.all().size(), 2U);
}

TEST(Told, ForgetsMembersThatAreNoLongerConfigured) {
  Told told;
  told.take(kFirst, report());
  told.take(kSecond, report());
  told.keep({kSecond});
  ASSERT_EQ(told.all().size(), 1U);
  EXPECT_THAT(told.all()[0], testing::HasSubstr("site2"));
}

TEST(Told, KeepsSoManyPoolsOfASiteAndNoMore) {
  Told told;
  std::vector<decide::MemberId> members;
  for (std::size_t i = 0; i < 3 * Told::kMostPools; ++i) members.push_back({"site1", "pool" + std::to_string(i)});
  for (int round = 0; round < 2; ++round) {
    for (const auto& member : members) told.take(member, report());
  }
  told.take(kSecond, report());
  EXPECT_EQ(told.all().size(), Told::kMostPools + 1) << "each site has its own";
  told.keep({members.back(), kSecond});
  told.take(members.back(), report());
  EXPECT_EQ(told.all().size(), 2U) << "others make room";
}

TEST(Told, ShowsSoManyNodesAndNoMore) {
  Told told;
  auto large = report();
  large.nodes.resize(1000, large.nodes[0]);
  told.take(kFirst, large);
  EXPECT_EQ(nlohmann::json::parse(told.all()[0])["nodes"].size(), Told::kMostNodes);
}

TEST(Told, HostileTextStaysText) {
  Told told;
  auto hostile = report();
  hostile.errant = "\xff</script>\"\n\x01";
  told.take(kFirst, hostile);
  const auto all = told.all();
  EXPECT_EQ(all[0].find('\n'), std::string::npos) << "it would end a line of the stream";
  EXPECT_EQ(nlohmann::json::parse(all[0])["errant"], "\xef\xbf\xbd</script>\"\n\x01");
}

}  // namespace
}  // namespace control
