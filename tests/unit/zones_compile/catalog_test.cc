#include "zones/compile/catalog.h"

#include <filesystem>
#include <fstream>

#include "tests/unit/zones_compile/zone_text.h"
#include "zones/compile/snapshot_compiler.h"

namespace compile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class LoadCatalog : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "catalogXXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  conf::Zone zone(const std::string& origin, const std::string& text, int line = 1) const {
    const auto path = folder_ / (origin + ".zone");
    std::ofstream(path, std::ios::binary) << text;
    return {origin, path, {"dnsd.yaml", line, 5}};
  }
  static conf::WideIp wideip(const std::string& text) {
    conf::WideIp out;
    out.name = text;
    out.mark = {"dnsd.yaml", 40, 3};
    return out;
  }

  std::filesystem::path folder_;
};

TEST_F(LoadCatalog, LoadsEveryZone) {
  const std::vector zones = {zone("example.com", head()), zone("Example.NET.", head())};
  const auto got = load_catalog(zones, {});
  EXPECT_THAT(lines(got.faults()), IsEmpty());
  ASSERT_EQ(got.zones.size(), 2U);
  EXPECT_TRUE(got.zones[0].fresh);
  EXPECT_EQ(got.zones[1].data->serial, 2024010101U);
  EXPECT_EQ(got.zone_of(name("a.b.example.net")), &got.zones[1]);
  EXPECT_EQ(got.zone_of(name("example.org")), nullptr);
}

TEST_F(LoadCatalog, KeepsTheLastGoodVersionOfABadZoneAndTheNewOneOfAGood) {
  const std::vector good = {zone("example.com", head() + "a A 192.0.2.1\n"), zone("example.net", head())};
  const auto before = load_catalog(good, {});
  const std::vector next = {zone("example.com", head() + "a A nonsense\n"),
                            zone("example.net", head() + "b A 192.0.2.2\n")};
  const auto after = load_catalog(next, {}, before);
  EXPECT_FALSE(after.zones[0].fresh);
  EXPECT_EQ(after.zones[0].data, before.zones[0].data);
  EXPECT_THAT(lines(after.zones[0].faults), ElementsAre(HasSubstr("6: \"nonsense\"")));
  EXPECT_TRUE(after.zones[1].fresh);
  EXPECT_NE(after.zones[1].data->find(name("b.example.net")), nullptr);
  // And it stays the last good one over a second bad load, until the file is good again.
  const auto again = load_catalog(next, {}, after);
  EXPECT_EQ(again.zones[0].data, before.zones[0].data);
  const std::vector mended = {zone("example.com", head() + "c A 192.0.2.3\n")};
  const auto healed = load_catalog(mended, {}, again);
  EXPECT_TRUE(healed.zones[0].fresh);
  EXPECT_NE(healed.zones[0].data->find(name("c.example.com")), nullptr);
}

// RFC 1035 section 3.3.13, RFC 1982.
TEST_F(LoadCatalog, AZoneThatChangesWithoutItsSerialGivesAWarning) {
  const auto text = [](std::uint32_t serial, const std::string& more) {
    return "$TTL 300\n@ SOA ns1 host " + std::to_string(serial) + " 3600 900 1209600 60\n@ NS ns1\nns1 A 192.0.2.1\n" +
           more;
  };
  const auto reload = [&](const Catalog& before, std::uint32_t serial, const std::string& more = "") {
    return load_catalog(std::vector{zone("example.com", text(serial, more))}, {}, before);
  };
  const auto first = reload({}, 4294967290);
  EXPECT_THAT(lines(first.warnings()), IsEmpty());
  EXPECT_THAT(lines(reload(first, 4294967290).warnings()), IsEmpty()) << "nothing changed";
  EXPECT_THAT(lines(reload(first, 4294967290, "a A 192.0.2.2\n").warnings()),
              ElementsAre("2: the zone changed, its serial 4294967290 did not: who copies it will not notice"));
  EXPECT_THAT(lines(reload(first, 4294967289).warnings()), ElementsAre(HasSubstr("2: the serial went back")));
  EXPECT_THAT(lines(reload(first, 5).warnings()), IsEmpty()) << "past the end of 32 bits";
}

TEST_F(LoadCatalog, HasNoDataForAZoneThatWasNeverGood) {
  const std::vector zones = {zone("example.com", "nonsense\n"), zone("example.net", head())};
  const auto got = load_catalog(zones, {});
  EXPECT_EQ(got.zones[0].data, nullptr);
  EXPECT_FALSE(got.zones[0].fresh);
  EXPECT_FALSE(got.faults().empty());
  EXPECT_TRUE(got.zones[1].fresh);
}

TEST_F(LoadCatalog, TakesAZoneThatClashesWithAWideIpForBad) {
  const std::vector wideips = {wideip("mysql.example.com")};
  const std::vector good = {zone("example.com", head())};
  const auto before = load_catalog(good, wideips);
  ASSERT_TRUE(before.zones[0].fresh);
  const std::vector clash = {zone("example.com", head() + "mysql A 192.0.2.1\n")};
  const auto after = load_catalog(clash, wideips, before);
  EXPECT_EQ(after.zones[0].data, before.zones[0].data);
  EXPECT_THAT(lines(after.faults()), ElementsAre(HasSubstr("40: the wide-IP mysql.example.com. clashes with the A")));
  EXPECT_TRUE(compile_snapshot(after, wideips).ok());
}

TEST_F(LoadCatalog, TakesWideIpsForNamesWithAddress) {
  const std::vector wideips = {wideip("mysql.example.com")};
  const std::vector zones = {zone("example.com", head() + "_m._tcp SRV 1 1 3306 mysql\n")};
  EXPECT_THAT(lines(load_catalog(zones, wideips).warnings()), IsEmpty());
}

TEST_F(LoadCatalog, RefusesAnOriginTwiceAndOneThatIsNoName) {
  const std::vector zones = {zone("example.com", head(), 3), zone("Example.com.", head(), 5), zone("a..b", head(), 7)};
  const auto got = load_catalog(zones, {});
  EXPECT_THAT(lines(got.faults()), ElementsAre(HasSubstr("5: the zone example.com. is given a second time; the first "
                                                         "stands at dnsd.yaml:3"),
                                               HasSubstr("7: origin of a zone")));
  EXPECT_TRUE(got.zones[0].fresh);
}

}  // namespace
}  // namespace compile
