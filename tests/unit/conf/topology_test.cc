#include <gmock/gmock.h>

#include "conf/dnsd.h"
#include "files.h"

namespace conf {
namespace {

using test::dnsd;
using test::good_files;
using test::kDnsd;
using test::lines;
using testing::ElementsAre;
using testing::HasSubstr;

test::Files files() {
  auto out = good_files();
  out.files["geo.mmdb"] = "";
  return out;
}

// The faults of a file that ends in this text.
std::string fault(const std::string& topology) { return lines(dnsd(kDnsd + topology, files()).faults); }

TEST(Topology, ReadsNetworksCountriesAndContinents) {
  const auto loaded = dnsd(std::string(kDnsd) + R"(
topology:
  regions:
    eu: ["192.0.2.0/24", "country:DE", continent:EU]
    us: "2001:db8::/32"
  database: geo.mmdb
)",
                           files());
  ASSERT_EQ(lines(loaded.faults), "");
  EXPECT_EQ(lines(loaded.warnings), "");
  const auto& topology = loaded.value.topology;
  ASSERT_EQ(topology.regions.size(), 2U);
  EXPECT_EQ(topology.regions[0].name, "eu");
  EXPECT_THAT(topology.regions[0].networks, ElementsAre(base::Prefix::parse("192.0.2.0/24").value()));
  EXPECT_THAT(topology.regions[0].countries, ElementsAre("DE"));
  EXPECT_THAT(topology.regions[0].continents, ElementsAre("EU"));
  EXPECT_EQ(topology.regions[1].networks.at(0).to_string(), "2001:db8::/32");
  EXPECT_EQ(topology.database.filename(), "geo.mmdb");
  EXPECT_TRUE(topology.asks_database());
}

TEST(Topology, SaysWhereATermIsWrongAndWhatIsAllowed) {
  const std::string head = "\ntopology:\n  database: geo.mmdb\n  regions:\n";
  EXPECT_THAT(fault(head + "    eu: [country:de]\n"),
              HasSubstr("found \"country:de\"; allowed: country: and a code of ISO 3166-1 in two capitals"));
  EXPECT_THAT(fault(head + "    eu: [continent:XX]\n"), HasSubstr("allowed: continent: and one of AF, AN, AS, EU"));
  EXPECT_THAT(fault(head + "    eu: [192.0.2.1/24, country:DE]\n"),
              HasSubstr("found \"192.0.2.1/24\"; allowed: ADDRESS/LENGTH"));
  EXPECT_THAT(fault(head + "    eu:\n"), HasSubstr("eu: has no value"));
  EXPECT_THAT(fault(head + "    eu: {a: b}\n"), HasSubstr("found a mapping"));
  EXPECT_THAT(fault(head + "    \"e u\": [country:DE]\n"), HasSubstr("found \"e u\""));
  EXPECT_THAT(fault("\ntopology: {regions: []}\n"), HasSubstr("allowed: a mapping from names to: lists, each item"));
  EXPECT_THAT(fault("\ntopology: {}\n"), HasSubstr("missing key \"regions\" in topology"));
}

TEST(Topology, NothingIsInTwoRegions) {
  const std::string head = "\ntopology:\n  database: geo.mmdb\n  regions:\n";
  EXPECT_THAT(fault(head + "    eu: [country:DE]\n    de: [country:DE]\n"),
              testing::ContainsRegex("regions: \"country:DE\" stands already at .*:[0-9]+:10"));
  EXPECT_THAT(fault(head + "    eu: [10.0.0.0/8, country:DE]\n    de: [10.0.0.0/8]\n"), HasSubstr("stands already at"));
  EXPECT_EQ(fault(head + "    eu: [10.0.0.0/8, country:DE]\n    de: [10.0.0.0/9]\n"), "") << "the longer one counts";
}

TEST(Topology, CountriesWantADatabaseThatIsThere) {
  EXPECT_THAT(fault("\ntopology: {regions: {eu: [continent:EU]}}\n"), HasSubstr("but there is no database"));
  EXPECT_THAT(fault("\ntopology: {regions: {eu: [continent:EU]}, database: none.mmdb}\n"),
              HasSubstr("database: cannot open"));
  const auto unused =
      dnsd(std::string(kDnsd) + "\ntopology: {regions: {eu: [10.0.0.0/8]}, database: geo.mmdb}\n", files());
  EXPECT_THAT(lines(unused.warnings), HasSubstr("database is not used"));
}

TEST(Topology, CheckSaysHowLargeTheMapIs) {
  auto loaded = dnsd(std::string(kDnsd) + "\ntopology: {regions: {eu: [10.0.0.0/8], us: [192.0.2.0/24]}}\n", files());
  EXPECT_THAT(implications(loaded).text, HasSubstr("topology: eu, us\n"));
  loaded.value.topology.size = {3, 1, 2100, "GeoLite2-Country, built 2026-11-20"};
  EXPECT_THAT(implications(loaded).text,
              HasSubstr("topology: eu, us; a map of 3 IPv4 and 1 IPv6 ranges, 3 KiB; database GeoLite2-Country, built "
                        "2026-11-20\n"));
}

}  // namespace
}  // namespace conf
