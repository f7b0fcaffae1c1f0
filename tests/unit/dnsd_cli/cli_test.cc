#include "dnsd/cli/cli.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace dnsd::cli {
namespace {

using testing::HasSubstr;

const std::string kExample = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples/dnsd.yaml";

class Cli : public testing::Test {
 protected:
  Cli() {
    hooks.serve = [this](const conf::Dnsd& conf, const ServeOptions& options) {
      served = conf.server.id + " " + options.config.string();
      return 0;
    };
  }
  int run(const std::vector<std::string>& args) {
    out.str("");
    err.str("");
    return cli::run(args, hooks, out, err);
  }

  Hooks hooks;
  std::ostringstream out;
  std::ostringstream err;
  std::string served;
};

TEST_F(Cli, ServesAGoodConfiguration) {
  EXPECT_EQ(run({"serve", "--config", kExample}), 0);
  EXPECT_EQ(served, "ns1 " + kExample);
}

TEST_F(Cli, StartsNothingOnAConfigurationWithFaults) {
  EXPECT_EQ(run({"serve", "--config", "/nonexistent.yaml"}), 2);
  EXPECT_EQ(served, "");
  EXPECT_THAT(err.str(), HasSubstr("/nonexistent.yaml: cannot be read"));
}

TEST_F(Cli, CheckCompilesTheZonesToo) {
  EXPECT_EQ(run({"check", "--config", kExample}), 0);
  EXPECT_THAT(out.str(), HasSubstr("mysql.example.com"));
  hooks.check_zones = [](const conf::Dnsd& conf) {
    const std::string file = conf.zones.at(0).file.string();
    return conf::Findings{{{conf::Mark{file, 3, 1}, "no SOA"}}, {}};
  };
  EXPECT_EQ(run({"check", "--config", kExample}), 2);
  EXPECT_THAT(err.str(), HasSubstr("example.com.zone:3:1: no SOA\n1 fault\n"));
  EXPECT_EQ(run({"check", "--json", "--config", kExample}), 2);
  EXPECT_EQ(nlohmann::json::parse(out.str())["faults"][0]["line"], 3);
}

TEST_F(Cli, CheckMakesTheMapOfTheTopologyToo) {
  hooks.check_topology = [](conf::Topology& topology) {
    topology.regions = {{"eu", {}, {}, {}}};
    topology.size = {3, 1, 2048, "Test-Country, built 2026-11-20"};
    return conf::Findings{{}, {{conf::Mark{"dnsd.yaml", 9, 1}, "nobody is in it"}}};
  };
  EXPECT_EQ(run({"check", "--config", kExample}), 0);
  EXPECT_THAT(out.str(), HasSubstr("topology: eu; a map of 3 IPv4 and 1 IPv6 ranges, 2 KiB; database Test-Country"));
  EXPECT_THAT(out.str(), HasSubstr("dnsd.yaml:9:1: nobody is in it"));
  hooks.check_topology = [](conf::Topology&) {
    return conf::Findings{{{conf::Mark{"dnsd.yaml", 9, 1}, "database: cut short"}}, {}};
  };
  EXPECT_EQ(run({"check", "--config", kExample}), 2);
  EXPECT_THAT(err.str(), HasSubstr("dnsd.yaml:9:1: database: cut short\n1 fault\n"));
}

TEST_F(Cli, CheckPrintsTheWarningsOfZonesAndSucceeds) {
  hooks.check_zones = [](const conf::Dnsd& conf) {
    const std::string file = conf.zones.at(0).file.string();
    return conf::Findings{{}, {{conf::Mark{file, 9, 1}, "its glue is missing"}}};
  };
  EXPECT_EQ(run({"check", "--config", kExample}), 0);
  EXPECT_THAT(out.str(), HasSubstr("example.com.zone:9:1: its glue is missing"));
}

TEST_F(Cli, SaysWhenTheDaemonIsNotThere) {
  for (const std::vector<std::string>& command :
       std::vector<std::vector<std::string>>{{"status"},
                                             {"explain", "mysql.example.com"},
                                             {"reload"},
                                             {"events"},
                                             {"forget-epoch", "main", "--reason", "x"}}) {
    auto args = command;
    args.insert(args.end(), {"--control", "/nonexistent/d.sock"});
    EXPECT_EQ(run(args), 1) << command[0];
    EXPECT_THAT(err.str(), HasSubstr("dnsd is not running")) << command[0];
    EXPECT_THAT(err.str(), HasSubstr("start it with `dnsd serve`")) << command[0];
  }
}

TEST_F(Cli, ComparingWithADaemonThatIsNotThereIsNoAnswer) {
  hooks.compare = [](const conf::Dnsd&, std::span<const std::string>) { return base::Result<std::string>("{}"); };
  EXPECT_EQ(run({"check", "--against", "running", "--config", kExample, "--control", "/nonexistent/d.sock"}), 2)
      << "1 would mean that something changes";
  EXPECT_THAT(err.str(), HasSubstr("dnsd is not running"));
  EXPECT_EQ(run({"check", "--against", "running", "--config", "/nonexistent.yaml"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("/nonexistent.yaml: cannot be read"));
  EXPECT_EQ(run({"check", "--against", "yesterday"}), 2);
}

TEST_F(Cli, ForgettingAnEpochNeedsAReason) { EXPECT_EQ(run({"forget-epoch", "main"}), 2); }

TEST_F(Cli, ListsOnlyCommandsThatExist) {
  EXPECT_EQ(run({"--help"}), 0);
  for (const char* later : {"drain", "override"}) EXPECT_THAT(out.str(), testing::Not(HasSubstr(later)));
}

}  // namespace
}  // namespace dnsd::cli
