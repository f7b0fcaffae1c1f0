#include "conf/gather.h"

#include <gmock/gmock.h>

#include "files.h"

namespace conf {
namespace {

using test::good_files;
using test::kDnsd;
using test::kSecret;
using testing::HasSubstr;

const std::string kMore = R"(wideips:
  - name: shop.example.com
    members: [{site: site3, pool: main, address: 192.0.2.3}]
sites:
  site3: {ecv: ["http://10.0.13.1:8054", "http://192.0.2.13:8054"], peer: ["10.0.13.1@8055"]}
)";

TEST(Include, JoinsListsAndNamesInOrder) {
  auto files = good_files();
  files.files["d/a.yaml"] = kMore;
  const auto loaded = test::dnsd(kDnsd + "include: [\"d/*.yaml\"]\n", files);
  EXPECT_EQ(test::lines(loaded.faults), "");
  ASSERT_EQ(loaded.value.wideips.size(), 2U);
  EXPECT_EQ(loaded.value.wideips[1].name, "shop.example.com");
  EXPECT_EQ(loaded.value.sites.size(), 3U);
  EXPECT_EQ(loaded.value.files.size(), 2U);
}

TEST(Include, APatternWithoutMatchesIsFineAMissingFileIsNot) {
  EXPECT_TRUE(test::dnsd(kDnsd + "include: [\"d/*.yaml\"]\n").ok());
  EXPECT_EQ(test::lines(test::dnsd(kDnsd + "include: [nowhere.yaml]\n").faults),
            "dnsd.yaml:22:11: include: cannot open nowhere.yaml: No such file or directory\n");
}

TEST(Include, WhatWasReadOrLookedForIsToldForAWatch) {
  auto files = good_files();
  files.files["d/a.yaml"] = "poll: 100ms\n";
  auto seen = test::dnsd(kDnsd + "include: [d/*.yaml, nowhere.yaml]\n", files).value.watched;
  for (const auto* path : {"d/*.yaml", "d/a.yaml", "ecv.key", "nowhere.yaml"}) {
    EXPECT_THAT(seen, testing::Contains(std::filesystem::path(path)));
  }
  EXPECT_TRUE(std::is_sorted(seen.begin(), seen.end()));
}

TEST(Include, FaultsCarryTheNameOfTheirFileAndStandInOrder) {
  auto files = good_files();
  files.files["d/a.yaml"] = "zonez: []\n";
  files.files["d/b.yaml"] = "poll: 5\n";
  const auto loaded = test::dnsd(test::with(kDnsd, "ttl: 5", "ttl: x") + "include: d/*.yaml\n", files);
  EXPECT_THAT(test::lines(loaded.faults),
              testing::MatchesRegex("dnsd.yaml:16:10: ttl: [^\n]*\nd/a.yaml:1:1: unknown key \"zonez\"[^\n]*\n"
                                    "d/b.yaml:1:7: poll: [^\n]*\n"));
}

TEST(Include, AFileThatIsNoYamlHasNoFaultButThat) {
  auto files = good_files();
  files.files["d/a.yaml"] = "wideips:\n  - {name: shop.elsewhere.net, ttl: x, members: []}\n  - [\n";
  files.files["d/b.yaml"] = "wideips:\n  - {name: last.example.com, members: []}\n";
  const auto loaded = test::dnsd(kDnsd + "include: d/*.yaml\n", files);
  EXPECT_THAT(test::lines(loaded.faults),
              testing::MatchesRegex("d/a.yaml:[^\n]*this is not YAML[^\n]*\nd/b.yaml:2:[^\n]*empty list[^\n]*\n"));
}

TEST(Include, WideIpsOfSeveralFilesAreCheckedAgainstAllOfThem) {
  auto files = good_files();
  files.files["d/a.yaml"] =
      "wideips:\n  - name: a.example.com\n    members: [{site: site9, pool: main, address: 192.0.2.3}]\n";
  files.files["d/b.yaml"] =
      "wideips:\n  - name: a.example.com\n    members: [{site: site3, pool: main, address: 192.0.2.3}]\n"
      "  - 5\nsites:\n  site3: {ecv: [\"http://10.0.13.1:8054\", \"http://192.0.2.13:8054\"]}\n";
  const auto loaded = test::dnsd(kDnsd + "include: d/*.yaml\n", files);
  EXPECT_THAT(test::lines(loaded.faults),
              testing::MatchesRegex("d/a.yaml:3:22: site: \"site9\" is not among the sites[^\n]*site3\n"
                                    "d/b.yaml:2:11: wide-IP \"a.example.com\" stands already at d/a.yaml:2:11\n"
                                    "d/b.yaml:4:5: wideips: found \"5\"[^\n]*\n"));
}

TEST(Include, RelativePathsStartAtTheFileThatNamesThem) {
  auto files = good_files();
  files.files["d/a.yaml"] = "keys: [{id: d2, file: more.key, for: dnsd}]\ninclude: [e/b.yaml]\n";
  files.files["d/more.key"] = kSecret;
  files.files["d/e/b.yaml"] = "zones: [{origin: example.net, file: ../../example.com.zone}]\n";
  const auto loaded = test::dnsd(kDnsd + "include: [d/a.yaml]\n", files);
  EXPECT_EQ(test::lines(loaded.faults), "");
  EXPECT_EQ(loaded.value.keys.at(1).file, "d/more.key");
  EXPECT_EQ(loaded.value.zones.at(1).file, "example.com.zone");
}

TEST(Include, CirclesAndDoublesAreFaults) {
  auto files = good_files();
  files.files["a.yaml"] = "include: [b.yaml]\n";
  files.files["b.yaml"] = "include: [a.yaml]\n";
  EXPECT_THAT(test::lines(test::dnsd(kDnsd + "include: [a.yaml]\n", files).faults),
              HasSubstr("b.yaml:1:11: include: a.yaml is included already at dnsd.yaml:22:11"));
  files.files["b.yaml"] = "include: [dnsd.yaml]\n";
  EXPECT_THAT(test::lines(test::dnsd(kDnsd + "include: [a.yaml]\n", files).faults),
              HasSubstr("b.yaml:1:11: include: dnsd.yaml is the file that this one belongs to"));
  EXPECT_THAT(test::lines(test::dnsd(kDnsd + "include: [example.com.zone, example.com.zone]\n", files).faults),
              HasSubstr("is included already"));
}

TEST(Include, AChainIsLimited) {
  auto files = good_files();
  for (int i = 0; i < 100; ++i) {
    files.files["f" + std::to_string(i) + ".yaml"] = "include: f" + std::to_string(i + 1) + ".yaml\n";
  }
  EXPECT_THAT(test::lines(test::dnsd(kDnsd + "include: f0.yaml\n", files).faults),
              HasSubstr("nested deeper than 32 files"));
}

TEST(Include, WhatCannotBeJoinedStandsInOneFile) {
  auto files = good_files();
  files.files["a.yaml"] = "server: {id: ns2}\nsites: {site1: {ecv: \"http://10.0.0.1\"}}\nzones: 7\n";
  const auto faults = test::lines(test::dnsd(kDnsd + "include: a.yaml\n", files).faults);
  EXPECT_THAT(faults, HasSubstr("a.yaml:1:1: \"server\" stands already at dnsd.yaml:1:1"));
  EXPECT_THAT(faults, HasSubstr("a.yaml:2:9: duplicate key \"site1\"; it stands already at dnsd.yaml:9:3"));
  EXPECT_THAT(faults, HasSubstr("a.yaml:3:8: zones: found \"7\""));
}

TEST(Include, AnIncludedFileThatIsNoMappingIsAFault) {
  auto files = good_files();
  files.files["a.yaml"] = "- just\n- a list\n";
  files.files["b.yaml"] = "{";
  files.files["empty.yaml"] = "# nothing yet\n";
  const auto faults = test::lines(test::dnsd(kDnsd + "include: [a.yaml, b.yaml, empty.yaml]\n", files).faults);
  EXPECT_THAT(faults, HasSubstr("a.yaml:1:1: found a list; allowed: a mapping of the keys of dnsd.yaml"));
  EXPECT_THAT(faults, HasSubstr("b.yaml:1:1: this is not YAML"));
  EXPECT_THAT(faults, testing::Not(HasSubstr("empty.yaml")));
}

TEST(Load, AMissingFileIsOneFault) {
  EXPECT_EQ(test::lines(load_dnsd("nowhere.yaml", good_files().outside()).faults),
            "nowhere.yaml: cannot be read: cannot open nowhere.yaml: No such file or directory\n");
}

}  // namespace
}  // namespace conf
