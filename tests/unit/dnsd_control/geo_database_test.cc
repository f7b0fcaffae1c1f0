#include "dnsd/control/geo_database.h"

#include <gmock/gmock.h>

#include "temp_folder.h"
#include "tests/support/mmdb_writer.h"

namespace control {
namespace {

using mmdb_test::Entry;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::UnorderedElementsAre;

base::Prefix net(const char* text) { return base::Prefix::parse(text).value(); }

class GeoDatabaseTest : public testing::Test {
 protected:
  base::Result<GeoDatabase> open(const std::string& content) {
    folder_.write("geo.mmdb", content);
    return GeoDatabase::open(folder_.path() / "geo.mmdb");
  }
  // What each() tells, or its fault.
  std::vector<std::string> networks(const std::string& content) {
    const auto database = open(content);
    if (!database) return {database.error().message};
    std::vector<std::string> out;
    const auto read = database->each([&](const base::Prefix& network, auto country, auto continent) {
      out.push_back(network.to_string() + " " + std::string(country) + "/" + std::string(continent));
    });
    if (!read) return {read.error().message};
    return out;
  }
  test::TempFolder folder_;
};

const std::vector<Entry> kWorld{{net("192.0.2.0/24"), "DE", "EU"},
                                {net("192.0.2.128/25"), "FR", "EU"},
                                {net("203.0.113.0/24"), "", "AS"},
                                {net("2001:db8::/32"), "US", "NA"}};

TEST_F(GeoDatabaseTest, TellsEachNetworkOnceInBothFamilies) {
  for (const unsigned size : {24U, 28U, 32U}) {
    EXPECT_THAT(
        networks(mmdb_test::make(kWorld, {.record_size = size})),
        UnorderedElementsAre("192.0.2.0/25 DE/EU", "192.0.2.128/25 FR/EU", "203.0.113.0/24 /AS", "2001:db8::/32 US/NA"))
        << size;
  }
}

TEST_F(GeoDatabaseTest, ReadsATreeOfIpv4Alone) {
  EXPECT_THAT(networks(mmdb_test::make(kWorld, {.ip_version = 4})),
              UnorderedElementsAre("192.0.2.0/25 DE/EU", "192.0.2.128/25 FR/EU", "203.0.113.0/24 /AS"));
  EXPECT_THAT(networks(mmdb_test::make({{net("0.0.0.0/0"), "DE", "EU"}}, {.ip_version = 4})),
              UnorderedElementsAre("0.0.0.0/1 DE/EU", "128.0.0.0/1 DE/EU"));
}

TEST_F(GeoDatabaseTest, ANetworkThatHoldsAllOfIpv4IsOneOfBothFamilies) {
  EXPECT_THAT(networks(mmdb_test::make({{net("::/8"), "DE", "EU"}}, {.aliases = false})),
              UnorderedElementsAre("::/8 DE/EU", "0.0.0.0/0 DE/EU"));
}

TEST_F(GeoDatabaseTest, SaysWhatItIs) {
  EXPECT_EQ(open(mmdb_test::make(kWorld, {.type = "GeoLite2-Country"}))->description(),
            "GeoLite2-Country, built 2023-11-14");
}

TEST_F(GeoDatabaseTest, AMissingFileIsAnError) {
  const auto database = GeoDatabase::open(folder_.path() / "none.mmdb");
  ASSERT_FALSE(database);
  EXPECT_THAT(database.error().message, HasSubstr("none.mmdb"));
}

TEST_F(GeoDatabaseTest, OneOfAnotherTypeIsAnError) {
  EXPECT_THAT(
      networks(mmdb_test::make({{net("192.0.2.0/24"), "DE", ""}}, {.type = "GeoLite2-ASN", .key = "asn"})),
      ElementsAre(HasSubstr("(GeoLite2-ASN, built 2023-11-14) cannot be used: no network in it has a country")));
}

TEST_F(GeoDatabaseTest, AFileCutAnywhereIsAnErrorOrReadsWell) {
  const std::string whole = mmdb_test::make(kWorld, {.ip_version = 4});
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const auto database = open(whole.substr(0, size));
    if (!database) {
      EXPECT_THAT(database.error().message, HasSubstr("geo.mmdb is no whole MaxMind DB file"));
    } else {
      (void)database->each([](const auto&, auto, auto) {});
    }
  }
  EXPECT_FALSE(open(whole.substr(0, whole.size() / 2)));
}

TEST_F(GeoDatabaseTest, OctetsThatAreWrongNeverBreakTheReader) {
  const std::string whole = mmdb_test::make(kWorld, {.ip_version = 4});
  const auto metadata = whole.find("MaxMind.com");  // libmaxminddb 1.7 loses some memory where that is bent
  for (std::size_t at = 0; at < metadata; ++at) {
    constexpr int kFlips[] = {0x01, 0x80, 0xff};
    std::string bent = whole;
    bent[at] = static_cast<char>(bent[at] ^ kFlips[at % 3]);
    if (const auto database = open(bent)) (void)database->each([](const auto&, auto, auto) {});
  }
}

TEST_F(GeoDatabaseTest, ATreeWithACircleIsAnError) {
  // Two nodes of IPv4, of which the second is both sides of itself.
  std::string bent = mmdb_test::make({{net("128.0.0.0/2"), "DE", "EU"}}, {.ip_version = 4, .record_size = 24});
  bent.replace(6, 6, std::string{0, 0, 1, 0, 0, 1});
  EXPECT_THAT(networks(bent), ElementsAre(HasSubstr("its search tree has circles")));
}

TEST_F(GeoDatabaseTest, AFileThatIsCutShortAfterItWasOpenedDoesNoHarm) {
  const auto database = open(mmdb_test::make(kWorld));
  ASSERT_TRUE(database);
  folder_.write("geo.mmdb", "");
  int count = 0;
  EXPECT_TRUE(database->each([&](const auto&, auto, auto) { ++count; }));
  EXPECT_EQ(count, 4);
}

}  // namespace
}  // namespace control
