#include "dnsd/cli/cli.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <filesystem>
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

// A file that goes with its test.
struct Written {
  explicit Written(const std::string& name, const std::string& text)
      : path(testing::TempDir() + std::to_string(::getpid()) + name) {
    std::ofstream(path, std::ios::binary) << text;
  }
  ~Written() { std::filesystem::remove(path); }
  std::string path;
};

TEST_F(Cli, SimulateSaysWhichLinesOfAJournalAreNone) {
  std::size_t replayed = 0;
  hooks.replay = [&](const conf::Dnsd&, std::span<const std::string> journal) {
    replayed = journal.size();
    return base::Result<std::string>(R"({"of":"journal","changes":[],"differences":[]})");
  };
  const Written journal("events.jsonl", "torn\"}\n{\"time\":\"2026-11-22T02:21:47.123Z\",\"event\":\"start\"}\n\xff\n");
  EXPECT_EQ(run({"simulate", journal.path, "--config", kExample}), 0);
  EXPECT_EQ(replayed, 1U);
  EXPECT_THAT(err.str(), HasSubstr(journal.path + ":1: skipped: torn, or no line of a journal"));
  EXPECT_THAT(err.str(), HasSubstr(journal.path + ":3: skipped: torn, or no line of a journal"));
}

TEST_F(Cli, SimulateStopsOnAJournalThatHoldsNothing) {
  hooks.replay = [](const conf::Dnsd&, std::span<const std::string>) {
    return base::Result<std::string>(base::fail("nothing in it"));
  };
  const Written journal("events.jsonl", std::string(100'000, '{'));
  EXPECT_EQ(run({"simulate", journal.path, "--config", kExample}), 2);
  EXPECT_THAT(err.str(), HasSubstr(journal.path + ":1: skipped: "));
  EXPECT_THAT(err.str(), HasSubstr(journal.path + ": nothing in it\n"));
}

TEST_F(Cli, SimulateOfWhatIsNoFileSaysWhereAJournalIs) {
  for (const std::string file : {"/nonexistent/events.jsonl", "/nonexistent.yaml", "/"}) {
    EXPECT_EQ(run({"simulate", file, "--config", kExample}), 2) << file;
    EXPECT_THAT(err.str(), HasSubstr(file + ": cannot be read: ")) << file;
    EXPECT_THAT(err.str(), HasSubstr("a journal is events.jsonl in server.state_dir")) << file;
  }
}

TEST_F(Cli, ATimelineThatIsNoneIsToldByItsLine) {
  hooks.simulate = [](const conf::Dnsd&, const conf::Timeline&) { return conf::Loaded<std::string>{"{}", {}, {}}; };
  const Written timeline("t.yaml", "timeline:\n  - {at: soon, site1: silent}\n");
  EXPECT_EQ(run({"simulate", timeline.path, "--config", kExample}), 2);
  EXPECT_THAT(err.str(), HasSubstr(timeline.path + ":2:10: at: "));
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

TEST_F(Cli, AnOrderNeedsAReasonAndWhomItIsFor) {
  EXPECT_EQ(run({"drain", "site1"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("--reason"));
  EXPECT_EQ(run({"drain", "--reason", "x"}), 2);
  EXPECT_EQ(run({"pin", "mysql.example.com", "--reason", "x"}), 2);
  EXPECT_EQ(run({"unpin"}), 2);
  for (const char* word : {"www.example.com", "=a", "www.example.com="}) {
    EXPECT_EQ(run({"override", word, "--for", "1h", "--reason", "x"}), 2);
    EXPECT_THAT(err.str(), HasSubstr("expected NAME=MEMBER"));
  }
}

TEST_F(Cli, OrdersAskTheDaemon) {
  const std::vector<std::vector<std::string>> commands{
      {"drain", "site1", "--for", "1h", "--reason", "x"},
      {"undrain", "site1"},
      {"pin", "www.example.com", "a", "--for", "1h", "--reason", "x"},
      {"override", "www.example.com=192.0.2.1", "--for", "1h", "--reason", "x"},
      {"unpin", "www.example.com"},
      {"overrides"}};
  for (auto command : commands) {
    command.insert(command.end(), {"--config", kExample, "--control", "/nonexistent/d.sock"});
    EXPECT_EQ(run(command), 1) << command[0];
    EXPECT_THAT(err.str(), HasSubstr("dnsd is not running")) << command[0];
  }
}

}  // namespace
}  // namespace dnsd::cli
