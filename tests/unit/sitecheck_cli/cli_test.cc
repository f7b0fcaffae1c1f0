#include "sitecheck/cli/cli.h"

#include <gmock/gmock.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sitecheck/cli/commands.h"
#include "sitecheck/io/commands.h"
#include "tests/support/json_schema.h"

namespace sitecheck::cli {
namespace {

using testing::HasSubstr;

const std::string kExamples = std::string(WIDEIP_SOURCE_DIR) + "/conf/examples";

class Cli : public testing::Test {
 protected:
  Cli() {
    hooks.serve = [this](const conf::Sitecheck& conf, const ServeOptions& options) {
      served = conf.site.name + (options.bootstrap ? "/bootstrap" : "");
      return 0;
    };
    hooks.guard = [this](const conf::Sitecheck&, const GuardOptions& options) {
      guarded = "[" + options.pool + "]";
      return 0;
    };
  }
  int run(const std::vector<std::string>& args) {
    out.str("");
    err.str("");
    return cli::run(args, hooks, out, err);
  }
  // A configuration of its own under a temporary name.
  std::string file(const std::string& text) {
    const std::string name = testing::TempDir() + "sitecheck-cli-" + std::to_string(::getpid()) + ".yaml";
    std::ofstream(name) << text;
    return name;
  }

  Hooks hooks;
  std::ostringstream out;
  std::ostringstream err;
  std::string served;
  std::string guarded;
};

TEST_F(Cli, ServesAGoodConfiguration) {
  EXPECT_EQ(run({"serve", "--config", kExamples + "/sitecheck-site1.yaml"}), 0);
  EXPECT_EQ(served, "site1");
  EXPECT_EQ(run({"serve", "--bootstrap", "--config", kExamples + "/sitecheck-site2.yaml"}), 0);
  EXPECT_EQ(served, "site2/bootstrap");
}

TEST_F(Cli, StartsNothingOnAConfigurationWithFaultsAndReportsAll) {
  const std::string bad = file(R"(site: {name: site1, id: 0}
ecv: {listen: "127.0.0.1"}
peer: {listn: "0.0.0.0@8055"}
stats: 7
control:
state_dir: [a, b]
keys: [{id: p1, file: /nonexistent.key, for: peers}]
arbiter: {preset: lam}
pools:
  - name: main
    monitor: {user: m, password: "${WIDEIP_TEST_NOT_DEFINED}"}
    admin: {user: a, password: plain}
    nodes: [{name: db1, address: 10.0.11.2}]
)");
  for (const char* command : {"serve", "guard", "check"}) {
    EXPECT_EQ(run({command, "--config", bad}), 2) << command;
    EXPECT_THAT(err.str(), HasSubstr("\n10 faults\n")) << command;
  }
  EXPECT_EQ(served + guarded, "");
}

TEST_F(Cli, GuardsOnePoolOrAll) {
  EXPECT_EQ(run({"guard", "--config", kExamples + "/sitecheck-site1.yaml"}), 0);
  EXPECT_EQ(guarded, "[]");
  EXPECT_EQ(run({"guard", "--pool", "main", "--config", kExamples + "/sitecheck-site1.yaml"}), 0);
  EXPECT_EQ(guarded, "[main]");
  EXPECT_EQ(run({"guard", "--pool", "mian", "--config", kExamples + "/sitecheck-site1.yaml"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("no pool \"mian\""));
}

TEST_F(Cli, ChecksWithoutADaemon) {
  EXPECT_EQ(run({"check", "--config", kExamples + "/sitecheck-site1.yaml"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("T_promote 3300 ms"));
  EXPECT_EQ(run({"check", "--json", "--config", kExamples + "/sitecheck-site1.yaml"}), 0);
  EXPECT_TRUE(nlohmann::json::parse(out.str())["ok"]);
}

TEST_F(Cli, SaysWhenTheDaemonIsNotThere) {
  for (const char* command : {"status", "show", "checks", "events"}) {
    EXPECT_EQ(run({command, "--control", "/nonexistent/s.sock"}), 1) << command;
    EXPECT_THAT(err.str(), HasSubstr("sitecheck is not running")) << command;
  }
  EXPECT_EQ(run({"is-active", "db1", "--control", "/nonexistent/s.sock"}), 1);
  EXPECT_EQ(run({"status", "--config", "/nonexistent.yaml"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("--control PATH the socket without one"));
}

TEST_F(Cli, PromotionNeedsForceAndAReason) {
  EXPECT_EQ(run({"promote", "main", "--reason", "x"}), 2);
  EXPECT_EQ(run({"promote", "main", "--force"}), 2);
  EXPECT_EQ(run({"promote", "main", "--force", "--reason", "x", "--control", "/nonexistent/s.sock"}), 1);
}

TEST_F(Cli, OrdersWithoutWhatTheyNeedAreWrongUsage) {
  EXPECT_EQ(run({"mode", "Active"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("found \"Active\"; allowed: active, manual, passive"));
  EXPECT_EQ(run({"downtime", "db1", "--reason", "x"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("--for TIME is needed, or --end"));
  EXPECT_EQ(run({"downtime", "db1", "--for", "30m", "--end", "--reason", "x"}), 2);
  EXPECT_EQ(run({"downtime", "db1", "--for", "30", "--reason", "x"}), 2);
  EXPECT_EQ(run({"downtime", "db1", "--for", "400d", "--reason", "x"}), 2);
  EXPECT_EQ(run({"downtime", "db1", "--for", "30m"}), 2);
  EXPECT_THAT(err.str(), HasSubstr("--reason TEXT is needed"));
  EXPECT_EQ(run({"move-role", "main"}), 2);
}

TEST_F(Cli, ListsEveryCommand) {
  EXPECT_EQ(run({"--help"}), 0);
  for (const char* command : {"serve",      "guard",     "check",      "status",           "show",
                              "checks",     "events",    "mode",       "downtime",         "set-offline",
                              "set-online", "move-role", "switchover", "promote",          "recover",
                              "is-active",  "report",    "grants",     "galera-candidate", "lvs-check",
                              "nagios",     "test-hook", "reload"}) {
    EXPECT_THAT(out.str(), HasSubstr("\n  " + std::string(command) + " ")) << command;
  }
}

// Whatever is not in the daemon's table is no command to it. `nagios` asks for the status.
TEST_F(Cli, AsksTheDaemonOnlyForWhatItKnows) {
  int asked = 0;
  for (const auto& command : program(hooks).commands) {
    if (!command.daemon || command.name == "nagios") continue;
    ++asked;
    EXPECT_NE(find_command(command.name), nullptr) << command.name;
  }
  EXPECT_EQ(asked, static_cast<int>(command_rules().size()));
}

TEST_F(Cli, GrantsOfAPoolThatIsOnlyWatchedNameOneAccount) {
  EXPECT_EQ(run({"grants", "shop", "--config", kExamples + "/sitecheck-galera.yaml"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("-- pool shop: run at one node, the cluster replicates it\n"));
  EXPECT_THAT(out.str(), HasSubstr("GRANT SELECT, INSERT, UPDATE ON `wideip`.* TO 'wideip_mon'@'%';\n"));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("READ_ONLY ADMIN")));
  EXPECT_THAT(out.str(), testing::Not(HasSubstr("''@")));
}

TEST_F(Cli, GrantsPrintSqlThatEndsEachStatement) {
  EXPECT_EQ(run({"grants", "main", "--config", kExamples + "/sitecheck-site1.yaml"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("CREATE USER IF NOT EXISTS 'wideip_mon'@'%' IDENTIFIED BY 'not-secret-mon';\n"));
  EXPECT_THAT(out.str(), HasSubstr("GRANT SELECT, INSERT, UPDATE ON `wideip`.* TO 'wideip_mon'@'%';\n"));
  EXPECT_THAT(out.str(), HasSubstr("GRANT REPLICATION SLAVE ON *.* TO 'repl'@'%';\n"));
  EXPECT_THAT(out.str(), HasSubstr("CREATE USER IF NOT EXISTS 'wideip_probe'@'%' WITH MAX_USER_CONNECTIONS 20;\n"));
  EXPECT_EQ(run({"grants", "nowhere", "--config", kExamples + "/sitecheck-site1.yaml"}), 2);
  EXPECT_EQ(run({"grants", "main", "--server", "mysql8", "--json", "--config", kExamples + "/sitecheck-site1.yaml"}),
            0);
  json_schema::expect_valid("sitecheck-grants", out.str());
  EXPECT_THAT(nlohmann::json::parse(out.str())["statements"].dump(), HasSubstr("SYSTEM_VARIABLES_ADMIN"));
}

// The write probe would take a fenced server for a writer.
TEST_F(Cli, TheMonitorIsGrantedNothingThatBypassesReadOnly) {
  for (const char* server : {"mariadb", "mariadb10.4", "mysql8", "mysql5"}) {
    ASSERT_EQ(run({"grants", "main", "--server", server, "--config", kExamples + "/sitecheck-site1.yaml"}), 0);
    std::istringstream lines(out.str());
    for (std::string line; std::getline(lines, line);) {
      if (!line.starts_with("GRANT") || line.find("TO 'wideip_mon'") == std::string::npos) continue;
      for (const char* bypass : {"SUPER", "READ_ONLY ADMIN", "CONNECTION_ADMIN", "ALL PRIVILEGES", "READ_ONLY_ADMIN"}) {
        EXPECT_EQ(line.find(bypass), std::string::npos) << line;
      }
    }
  }
}

}  // namespace
}  // namespace sitecheck::cli
