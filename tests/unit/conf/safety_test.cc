#include <gmock/gmock.h>

#include "conf/wideip.h"
#include "files.h"

namespace conf {
namespace {

using test::Files;
using test::lines;
using testing::ElementsAre;
using testing::HasSubstr;

const Files kFiles{{{"example.com.zone", ""}, {"ecv.key", test::kSecret}}, {}, {}};

// A file of one wide-IP of two sites, with these lines beside its members.
Loaded<Dnsd> load(const std::string& beside, const std::string& method = "active_writer") {
  const std::string text = R"(server: {id: ns1}
keys: [{id: d1, file: ecv.key, for: dnsd}]
sites: {site1: {ecv: ["http://10.0.11.1:8054"]}, site2: {ecv: ["http://10.0.12.1:8054"]}}
zones: [{origin: example.com, file: example.com.zone}]
wideips:
  - name: mysql.example.com
    method: )" + method + R"(
    members: [{site: site1, pool: main, address: 192.0.2.1}, {site: site2, pool: main, address: 192.0.2.2}]
)" + beside;
  return load_dnsd_text(text, "dnsd.yaml", kFiles.outside());
}

TEST(Safety, WithoutItOneMemberStaysInService) {
  const auto loaded = load("");
  ASSERT_EQ(lines(loaded.faults), "");
  const Safety& safety = loaded.value.wideips.at(0).safety;
  EXPECT_EQ(safety.at_least, 1U);
  EXPECT_TRUE(safety.never_both.empty());
  EXPECT_FALSE(safety.confirm_drain || safety.confirm_pin);
  EXPECT_EQ(safety.at.line, 0);
}

TEST(Safety, IsReadWithItsPlace) {
  const auto loaded = load("    safety: {at_least: 0, never_both: [site1, site2/main], confirm: [pin]}\n");
  ASSERT_EQ(lines(loaded.faults), "");
  const Safety& safety = loaded.value.wideips.at(0).safety;
  EXPECT_EQ(safety.at_least, 0U);
  EXPECT_THAT(safety.never_both, ElementsAre("site1", "site2/main"));
  EXPECT_FALSE(safety.confirm_drain);
  EXPECT_TRUE(safety.confirm_pin);
  EXPECT_EQ(safety.at.line, 9);
  EXPECT_EQ(load("    safety: {confirm: drain}\n").value.wideips.at(0).safety.confirm_drain, true);
}

TEST(Safety, MoreThanThereAreMembersToServeIsAFault) {
  EXPECT_THAT(lines(load("    safety: {at_least: 2}\n").faults),
              HasSubstr("dnsd.yaml:9:24: at_least 2 with method active_writer, which answers with one member; allowed: "
                        "0 or 1"));
  EXPECT_EQ(lines(load("    safety: {at_least: 2}\n", "readers").faults), "");
  EXPECT_THAT(lines(load("    safety: {at_least: 3}\n", "readers").faults),
              HasSubstr("at_least 3 is above the number of members; allowed: at most 2"));
}

TEST(Safety, NamesThatAreNoMembersAreFaultsWithTheNearest) {
  EXPECT_THAT(lines(load("    safety: {never_both: [site1, site3]}\n").faults),
              HasSubstr("never_both: \"site3\" is no site and no member of this wide-IP (did you mean \"site"));
  EXPECT_THAT(lines(load("    safety: {never_both: site1}\n").faults), HasSubstr("never_both: one name alone"));
  EXPECT_THAT(lines(load("    safety: {confirm: [drian]}\n").faults),
              HasSubstr("confirm: found \"drian\"; allowed: a list, each item one of: drain, pin"));
}

}  // namespace
}  // namespace conf
