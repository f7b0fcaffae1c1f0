// The database of regions in a running control plane: at the start, replaced, damaged.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "house.h"
#include "tests/support/mmdb_writer.h"

namespace control::test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct TopologyHouse : House {
  void write_topology(const std::string& regions) {
    write_config();
    std::ofstream(folder.path() / "dnsd.yaml", std::ios::app)
        << "topology: {database: geo.mmdb, regions: " << regions << "}\n";
  }
  // Replaced as a whole, as it should be.
  void write_database(const std::string& content) {
    folder.write("geo.new", content);
    std::filesystem::rename(folder.path() / "geo.new", folder.path() / "geo.mmdb");
  }
  static std::string database(const char* network) {
    return mmdb_test::make({{base::Prefix::parse(network).value(), "DE", "EU"}});
  }
  // What the reload says, and what stands afterwards.
  std::string reload() {
    const auto reply = command("reload");
    std::string out = reply.error;
    const json data = json::parse(reply.data);
    for (const auto& warning : data["warnings"]) {
      const auto message = warning["message"].get<std::string>();
      if (message.starts_with("database: ")) out += message;
    }
    return out;
  }
  json topology() { return status()["topology"]; }
};

TEST_F(TopologyHouse, ANewDatabaseIsTakenOverByAReload) {
  write_database(database("192.0.2.0/24"));
  write_topology("{eu: [continent:EU], lan: [10.0.0.0/8]}");
  start_and_wait();
  EXPECT_THAT(topology()["regions"], ElementsAre("eu", "lan"));
  EXPECT_EQ(topology()["ranges_v4"], 5);
  EXPECT_EQ(topology()["database"], "Test-Country, built 2023-11-14");
  write_database(database("0.0.0.0/1"));
  EXPECT_EQ(reload(), "");
  EXPECT_EQ(topology()["ranges_v4"], 4) << topology();
  EXPECT_EQ(topology()["error"], "");
}

TEST_F(TopologyHouse, ADamagedDatabaseLeavesTheLastGoodMapAndIsTold) {
  write_database(database("192.0.2.0/24"));
  write_topology("{eu: [continent:EU], lan: [10.0.0.0/8]}");
  start_and_wait();
  const std::string whole = database("0.0.0.0/1");
  write_database(whole.substr(0, whole.size() / 2));
  EXPECT_THAT(reload(), HasSubstr("is no whole MaxMind DB file"));
  EXPECT_EQ(topology()["ranges_v4"], 5) << "the last good one";
  EXPECT_THAT(topology()["error"].get<std::string>(), HasSubstr("geo.mmdb"));
  // Other regions cannot be made of a map.
  write_topology("{de: [country:DE]}");
  EXPECT_THAT(command("reload").error, HasSubstr("dnsd.yaml:14:22: database: "));
  EXPECT_THAT(topology()["regions"], ElementsAre("eu", "lan"));
  write_database(whole);
  EXPECT_EQ(reload(), "");
  EXPECT_THAT(topology()["regions"], ElementsAre("de"));
  EXPECT_EQ(topology()["error"], "");
}

TEST_F(TopologyHouse, AStartWithoutAGoodDatabaseServesWhatTheConfigurationSays) {
  write_database("not a database");
  write_topology("{eu: [continent:EU], lan: [10.0.0.0/8]}");
  start_and_wait();
  EXPECT_EQ(topology()["ranges_v4"], 3) << topology();
  EXPECT_THAT(topology()["error"].get<std::string>(), HasSubstr("is no whole MaxMind DB file"));
  EXPECT_EQ(ask("www.example.com").addresses, std::vector<std::string>{"192.0.2.80"});
  write_database(database("192.0.2.0/24"));
  EXPECT_EQ(reload(), "");
  EXPECT_EQ(topology()["ranges_v4"], 5);
}

TEST_F(TopologyHouse, WithReloadOnChangeAReplacedDatabaseIsReadByItself) {
  write_database(database("192.0.2.0/24"));
  write_topology("{eu: [continent:EU], lan: [10.0.0.0/8]}");
  std::ofstream(folder.path() / "dnsd.yaml", std::ios::app) << "reload_on_change: true\n";
  start_and_wait();
  write_database(database("0.0.0.0/1"));
  EXPECT_TRUE(run_until(loop, [&] { return topology()["ranges_v4"] == 4; }));
}

}  // namespace
}  // namespace control::test
