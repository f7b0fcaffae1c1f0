#include "dnsd/control/topology.h"

#include <gmock/gmock.h>
#include <maxminddb.h>

#include <random>

#include "temp_folder.h"
#include "tests/support/mmdb_writer.h"

namespace control {
namespace {

using testing::HasSubstr;

base::IpAddress ip(const char* text) { return base::IpAddress::parse(text).value(); }
base::Prefix net(const char* text) { return base::Prefix::parse(text).value(); }

class TopologyTest : public testing::Test {
 protected:
  conf::Topology config(const std::string& database) {
    folder_.write("geo.mmdb", database);
    conf::Topology out;
    out.regions = {{"eu", {net("198.51.100.0/24")}, {}, {"EU"}}, {"de", {}, {"DE"}, {}}, {"us", {}, {"US"}, {"NA"}}};
    out.database = folder_.path() / "geo.mmdb";
    return out;
  }
  static std::string where(const Topology& topology, const char* client) {
    const auto found = topology.region_of(ip(client));
    return std::string(found.region.empty() ? "-" : found.region) + "/" + std::to_string(found.scope);
  }
  test::TempFolder folder_;
};

const std::vector<mmdb_test::Entry> kWorld{{net("192.0.2.0/25"), "DE", "EU"},
                                           {net("192.0.2.128/25"), "FR", "EU"},
                                           {net("198.51.0.0/16"), "US", "NA"},
                                           {net("203.0.113.0/24"), "JP", "AS"},
                                           {net("2001:db8::/32"), "CA", "NA"}};

TEST_F(TopologyTest, ANetworkThenACountryThenAContinentDecides) {
  const auto topology = make_topology(config(mmdb_test::make(kWorld))).value();
  EXPECT_EQ(where(topology, "192.0.2.1"), "de/25");
  EXPECT_EQ(where(topology, "192.0.2.200"), "eu/25");
  EXPECT_EQ(where(topology, "198.51.1.1"), "us/18");
  EXPECT_EQ(where(topology, "198.51.100.7"), "eu/24") << "what a person wrote counts before the database";
  EXPECT_EQ(where(topology, "203.0.113.9").substr(0, 2), "-/") << "nobody asked for Asia";
  EXPECT_EQ(where(topology, "2001:db8::1"), "us/32");
  EXPECT_EQ(where(topology, "::ffff:192.0.2.1"), "de/25") << "a client of IPv4 at a socket of both families";
  EXPECT_EQ(topology.database, "Test-Country, built 2023-11-14");
  EXPECT_EQ(topology.number("de"), 2);
  EXPECT_EQ(topology.number("mars"), 0);
}

TEST_F(TopologyTest, TheMapHoldsOnlyWhatIsAskedFor) {
  auto asked = config(mmdb_test::make(kWorld));
  asked.regions = {{"jp", {}, {"JP"}, {}}};
  const auto topology = make_topology(asked).value();
  EXPECT_EQ(topology.map->ranges_v4(), 3U);
  EXPECT_EQ(topology.map->ranges_v6(), 1U);
}

TEST_F(TopologyTest, WithoutAQuestionForItTheDatabaseIsNotRead) {
  auto asked = config("no database at all");
  asked.regions = {{"lan", {net("10.0.0.0/8")}, {}, {}}};
  EXPECT_EQ(where(make_topology(asked).value(), "10.1.2.3"), "lan/8");
}

TEST_F(TopologyTest, ABadDatabaseIsAnErrorAndCanBeLeftOut) {
  const auto asked = config("no database at all");
  const auto made = make_topology(asked);
  ASSERT_FALSE(made);
  EXPECT_THAT(made.error().message, HasSubstr("geo.mmdb is no whole MaxMind DB file"));
  const auto without = make_topology(asked, UseDatabase::kNo).value();
  EXPECT_EQ(where(without, "198.51.100.7"), "eu/24");
  EXPECT_EQ(where(without, "192.0.2.1").substr(0, 2), "-/");
}

TEST_F(TopologyTest, NoTopologyMeansThatEveryClientIsInNoRegionWithScopeZero) {
  EXPECT_EQ(where(make_topology({}).value(), "192.0.2.1"), "-/0");
}

TEST_F(TopologyTest, RulesAreTheSameWhateverTheDatabaseHolds) {
  const auto asked = config("");
  auto other = asked;
  EXPECT_TRUE(same_rules(asked, other));
  other.regions[1].countries.push_back("AT");
  EXPECT_FALSE(same_rules(asked, other));
}

// ---- against libmaxminddb's own search

class Library {
 public:
  explicit Library(const std::filesystem::path& file) {
    if (MMDB_open(file.c_str(), MMDB_MODE_MMAP, &mmdb_) != MMDB_SUCCESS) throw std::runtime_error("MMDB_open");
  }
  ~Library() { MMDB_close(&mmdb_); }

  // "DE/EU".
  [[nodiscard]] std::pair<std::string, std::string> find(const base::IpAddress& client) const {
    sockaddr_storage address{};
    base::SocketAddress{client, 0}.to_sockaddr(address);
    int error = MMDB_SUCCESS;
    auto found = MMDB_lookup_sockaddr(&mmdb_, reinterpret_cast<const sockaddr*>(&address), &error);
    EXPECT_EQ(error, MMDB_SUCCESS);
    if (!found.found_entry) return {};
    return {text(found.entry, "country", "iso_code"), text(found.entry, "continent", "code")};
  }

 private:
  static std::string text(MMDB_entry_s& entry, const char* outer, const char* inner) {
    MMDB_entry_data_s data{};
    if (MMDB_get_value(&entry, &data, outer, inner, nullptr) != MMDB_SUCCESS || !data.has_data) return "";
    return {data.utf8_string, data.data_size};
  }
  MMDB_s mmdb_{};
};

class AgainstTheLibrary : public TopologyTest {
 protected:
  unsigned random(unsigned below) { return static_cast<unsigned>(engine_() % below); }

  base::IpAddress address(bool v6) {
    std::array<std::uint8_t, 16> bytes{};
    for (auto& each : bytes) each = static_cast<std::uint8_t>(random(3) * 127);
    bytes[0] = static_cast<std::uint8_t>(v6 ? 0x2a + random(2) : random(256));  // no way to embedded IPv4 addresses
    if (v6) return base::IpAddress::v6(bytes);
    return base::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]});
  }
  base::Prefix prefix(bool v6) {
    const auto from = address(v6);
    auto length = static_cast<std::uint8_t>(1 + random(v6 ? 64 : 32));
    if (v6 && length < 8) length = 8;
    return around(from, length);
  }
  static base::Prefix around(const base::IpAddress& client, std::uint8_t length) {
    const snapshot::ClientKey key = snapshot::ClientKey(client).prefix(length);
    std::array<std::uint8_t, 16> bytes{};
    for (unsigned i = 0; i < 16; ++i) {
      bytes[i] = static_cast<std::uint8_t>((i < 8 ? key.high : key.low) >> (56 - 8 * (i % 8)));
    }
    if (client.is_v6()) return {base::IpAddress::v6(bytes), length};
    return {base::IpAddress::v4({bytes[0], bytes[1], bytes[2], bytes[3]}), length};
  }
  std::string expected(const Library& library, const conf::Topology& asked, const base::IpAddress& client) {
    std::string out;
    int longest = -1;
    for (const auto& region : asked.regions) {
      for (const auto& network : region.networks) {
        if (!network.contains(client) || network.length <= longest) continue;
        longest = network.length;
        out = region.name;
      }
    }
    if (longest >= 0) return out;
    const auto [country, continent] = library.find(client);
    const auto holds = [](const std::vector<std::string>& codes, const std::string& code) {
      return std::find(codes.begin(), codes.end(), code) != codes.end();
    };
    for (const auto& region : asked.regions) {
      if (holds(region.countries, country)) return region.name;
    }
    for (const auto& region : asked.regions) {
      if (holds(region.continents, continent)) return region.name;
    }
    return "";
  }
  std::mt19937 engine_{7871};
};

TEST_F(AgainstTheLibrary, EveryClientIsWhereItsLookupsSayAndTheScopeIsTrue) {
  static const std::pair<const char*, const char*> kPlaces[] = {{"DE", "EU"}, {"FR", "EU"}, {"US", "NA"}, {"", "AS"}};
  for (unsigned round = 0; round < 12; ++round) {
    std::vector<mmdb_test::Entry> entries{{net("192.0.2.0/24"), "DE", "EU"}};
    for (unsigned i = 0; i < 60; ++i) {
      const auto& [country, continent] = kPlaces[random(4)];
      entries.push_back({prefix(i % 2 == 0), country, continent});
    }
    auto asked = config(mmdb_test::make(entries, {.record_size = 24 + 4 * (round % 3)}));
    for (unsigned i = 0; i < 10; ++i) {
      const auto network = prefix(i % 2 == 0);
      bool seen = false;
      for (const auto& region : asked.regions) {
        seen = seen || std::find(region.networks.begin(), region.networks.end(), network) != region.networks.end();
      }
      if (!seen) asked.regions[random(3)].networks.push_back(network);
    }
    const auto topology = make_topology(asked).value();
    const Library library(asked.database);
    for (unsigned i = 0; i < 400; ++i) {
      const bool v6 = i % 2 == 0;
      const auto client = i % 4 < 2 ? address(v6) : entries[random(61)].network.ip;
      const auto found = topology.region_of(client);
      ASSERT_EQ(found.region, expected(library, asked, client)) << client.to_string();
      // Any address of the scope is in the same region, and has the same scope.
      const auto scope = around(client, found.scope);
      for (unsigned k = 0; k < 4; ++k) {
        const auto other = k == 0 ? scope.ip : address(client.is_v6());
        if (!scope.contains(other)) continue;
        ASSERT_EQ(expected(library, asked, other), found.region) << other.to_string() << " in " << scope.to_string();
        ASSERT_EQ(topology.region_of(other).scope, found.scope);
      }
    }
  }
}

}  // namespace
}  // namespace control
