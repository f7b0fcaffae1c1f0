#include "dnsd/control/wideip_settings.h"

#include <gtest/gtest.h>

#include "conf/changes.h"

namespace control::test {
namespace {

base::IpAddress address(std::uint8_t last) { return base::IpAddress::v4({192, 0, 2, last}); }

decide::WideIp web() {
  decide::WideIp out;
  out.name = "www.example.com";
  out.members = {{{"", "a"}, {address(1)}, "web", 3}, {{"", "b"}, {address(2)}, "web"}};
  decide::Pool pool;
  pool.name = "eu";
  pool.members = {0, 1};
  out.pools = {pool};
  return out;
}

std::vector<std::string> difference(const decide::WideIp& a, const decide::WideIp& b) {
  return conf::changes(settings_of(a, "off"), settings_of(b, "off"));
}
using Lines = std::vector<std::string>;

TEST(WideIpSettings, TheSameDoesNotDiffer) { EXPECT_EQ(difference(web(), web()), Lines{}); }

TEST(WideIpSettings, EverySettingIsToldOf) {
  decide::WideIp other = web();
  other.ttl_s = 9;
  other.hold_down = base::seconds(61);
  other.on_none.then = decide::Then::kNodata;
  EXPECT_EQ(difference(web(), other), (Lines{"~ hold_down of wideip www.example.com: 0s -> 61s",
                                             "~ on_none.then of wideip www.example.com: servfail -> nodata",
                                             "~ ttl of wideip www.example.com: 5 -> 9"}));
  other = web();
  other.members[0].ratio = 1;
  other.members[1].monitor = "tcp";
  EXPECT_EQ(difference(web(), other), (Lines{"~ ratio of member a in wideip www.example.com: 3 -> 1",
                                             "~ monitor of member b in wideip www.example.com: web -> tcp"}));
  other = web();
  other.pools[0].min_members_up = 2;
  other.pools[0].members = {1, 0};
  EXPECT_EQ(difference(web(), other), (Lines{"~ min_members_up of pool eu in wideip www.example.com: 1 -> 2",
                                             "~ order of pool eu in wideip www.example.com: a, b -> b, a"}));
  other = web();
  other.members[0].disabled = true;
  other.pools[0].persist.ipv4 = 16;
  other.pools[0].persist.ipv6 = 48;
  EXPECT_EQ(difference(web(), other), (Lines{"~ disabled of member a in wideip www.example.com: false -> true",
                                             "~ persist.ipv4 of pool eu in wideip www.example.com: 24 -> 16",
                                             "~ persist.ipv6 of pool eu in wideip www.example.com: 56 -> 48"}));
  other = web();
  other.required = {{"db", false}};
  EXPECT_EQ(difference(web(), other), (Lines{"~ requires of wideip www.example.com: none -> db"}));
}

TEST(WideIpSettings, ASiteIsNamedWithItsPool) {
  decide::WideIp before = web();
  before.pools.clear();
  before.members = {{{"site1", "main"}, {address(1)}}};
  decide::WideIp after = before;
  after.members.push_back({{"site2", "main"}, {address(2)}});
  EXPECT_EQ(difference(before, after), (Lines{"+ member site2/main in wideip www.example.com"}));
}

TEST(WideIpSettings, TextsOfServiceTestsAreKeptOnceAndFound) {
  conf::WideIp on;
  conf::WideIp off;
  off.service_test.enabled = false;
  on.service_test.port = std::uint16_t{3307};
  on.service_test.password = "secret";
  ServiceTexts texts;
  texts.configure({on, off, off, on});
  EXPECT_EQ(texts.at(0), "port 3307, every 1s, within 1s, 3 failures, as wideip_probe");
  EXPECT_EQ(texts.at(1), "off");
  EXPECT_EQ(texts.at(2), "off");
  EXPECT_EQ(texts.at(3), texts.at(0));
  EXPECT_EQ(texts.at(4), "");
}

}  // namespace
}  // namespace control::test
