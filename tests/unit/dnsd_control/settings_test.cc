#include "dnsd/control/settings.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace control::test {
namespace {

conf::Dnsd config() {
  conf::Dnsd out;
  out.sites = {{"site1", {"http://192.0.2.1:8054/", "http://192.0.2.1:8054", "http://192.0.2.2:8054"}, {}, {}},
               {"site2", {"http://192.0.2.3:8054"}, {}, {}}};
  conf::WideIp wide;
  wide.name = "mysql.example.com";
  wide.members = {{"site1", "main", {*base::IpAddress::parse("192.0.2.11")}, {}}, {"site2", "main", {}, {}}};
  out.wideips = {wide, wide};
  return out;
}

TEST(Settings, EachMemberIsPolledOnceHoweverManyNamesAskForIt) {
  const auto all = targets(config());
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].id, (decide::MemberId{"site1", "main"}));
  EXPECT_EQ(all[0].urls, (std::vector<std::string>{"http://192.0.2.1:8054", "http://192.0.2.2:8054"}));
}

TEST(Settings, AWideIpKeepsItsFiguresAndPolicy) {
  conf::WideIp wide = config().wideips[0];
  wide.ttl_s = 3;
  wide.min_ttl_s = 9;
  wide.hold_down = base::seconds(7);
  wide.on_none = {base::seconds(8), conf::OnNone::kFallback, {*base::IpAddress::parse("192.0.2.99")}};
  const decide::WideIp out = to_decide(wide, base::milliseconds(100));
  EXPECT_EQ(out.ttl_s, 3U);
  EXPECT_EQ(out.min_ttl_s, 3U);  // never above ttl
  EXPECT_EQ(out.hold_down, base::seconds(7));
  EXPECT_EQ(out.on_none.hold, base::seconds(8));
  EXPECT_EQ(out.on_none.then, decide::Then::kFallback);
  EXPECT_EQ(out.on_none.fallback.size(), 1U);
  EXPECT_EQ(out.pace.late_after, base::milliseconds(250));
}

TEST(Settings, AllIsNeverTakenForAWriter) {
  conf::WideIp wide = config().wideips[0];
  wide.on_none = {{}, conf::OnNone::kAll, {}};
  EXPECT_EQ(to_decide(wide, base::milliseconds(250)).on_none.then, decide::Then::kServfail);
}

TEST(Settings, NamesEverySettingThatNeedsARestart) {
  const conf::Dnsd before = config();
  conf::Dnsd after = before;
  EXPECT_TRUE(fixed_differences(before, after).empty());
  after.poll = base::milliseconds(100);
  after.wideips.clear();
  after.keys.push_back({});
  EXPECT_TRUE(fixed_differences(before, after).empty());
  after.server.listen = {{*base::IpAddress::parse("127.0.0.1"), 53}};
  after.relay = base::SocketAddress{*base::IpAddress::parse("127.0.0.1"), 8055};
  EXPECT_EQ(fixed_differences(before, after), (std::vector<std::string>{"server.listen", "relay.listen"}));
}

TEST(Settings, AFolderIsTheSameByWhateverWayItIsNamed) {
  conf::Dnsd before = config();
  before.server.state_dir = "state";
  before.server.control = "state/dnsd.sock";
  conf::Dnsd after = before;
  after.server.state_dir = std::filesystem::current_path() / "here" / ".." / "state";
  after.server.control = std::filesystem::current_path() / "state" / "dnsd.sock";
  EXPECT_EQ(fixed_differences(before, after), std::vector<std::string>{});
  after.server.state_dir = std::filesystem::current_path() / "other";
  EXPECT_EQ(fixed_differences(before, after), std::vector<std::string>{"server.state_dir"});
}

}  // namespace
}  // namespace control::test
