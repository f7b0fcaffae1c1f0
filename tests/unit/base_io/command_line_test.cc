#include "base/io/command_line.h"

#include <gmock/gmock.h>

#include <sstream>

namespace io {
namespace {

using testing::HasSubstr;

class CommandLine : public testing::Test {
 protected:
  CommandLine() {
    const auto note = [this](const std::string& name) {
      return [this, name](const Call& call) {
        ran = name;
        config = call.config;
        reason = call.reason;
        json = call.json;
        values = call.values;
        switches = call.switches;
        return 1;
      };
    };
    program = {
        .name = "prog",
        .summary = "A program",
        .config = "/etc/prog.yaml",
        .commands = {
            {.name = "look",
             .help = "Looks",
             .arguments = {{"NODE", "The node"}},
             .options = {{.name = "last", .value_name = "N", .help = "How many", .standard = "5", .number = true},
                         {.name = "all", .value_name = "", .help = "All"},
                         {.name = "kind", .value_name = "KIND", .help = "Kind", .words = {"a", "b"}}},
             .json = true,
             .run = note("look")},
            {.name = "change",
             .help = "Changes",
             .options = {{.name = "force", .value_name = "", .help = "Yes", .required = true}},
             .daemon = true,
             .reason = Reason::kRequired,
             .run = note("change")}}};
  }
  int run(const std::vector<std::string>& args) {
    out.str("");
    err.str("");
    ran.clear();
    return run_program(program, args, out, err);
  }

  ProgramSpec program;
  std::ostringstream out;
  std::ostringstream err;
  std::string ran, config, reason;
  bool json = false;
  std::map<std::string, std::string> values;
  std::map<std::string, bool> switches;
};

TEST_F(CommandLine, GivesTheCommandItsArgumentsAndItsStatusBack) {
  EXPECT_EQ(run({"look", "db1", "--json", "--all", "--last", "7"}), 1);
  EXPECT_EQ(ran, "look");
  EXPECT_EQ(values.at("NODE"), "db1");
  EXPECT_EQ(values.at("last"), "7");
  EXPECT_TRUE(switches.at("all"));
  EXPECT_TRUE(json);
  EXPECT_EQ(config, "/etc/prog.yaml");
}

TEST_F(CommandLine, HasDefaults) {
  EXPECT_EQ(run({"look", "db1", "--config", "x.yaml"}), 1);
  EXPECT_EQ(values.at("last"), "5");
  EXPECT_FALSE(switches.at("all"));
  EXPECT_EQ(config, "x.yaml");
}

TEST_F(CommandLine, WrongUsageIsTwoAndRunsNothing) {
  for (const auto& args : std::vector<std::vector<std::string>>{{},
                                                                {"nonsense"},
                                                                {"look"},
                                                                {"look", "a", "b"},
                                                                {"look", "a", "--nonsense"},
                                                                {"look", "a", "--last", "x"},
                                                                {"look", "a", "--last", "0"},
                                                                {"look", "a", "--kind", "c"},
                                                                {"change", "--reason", "r"},
                                                                {"change", "--force"},
                                                                {"change", "--force", "--json", "--reason", "r"}}) {
    EXPECT_EQ(run(args), 2) << testing::PrintToString(args);
    EXPECT_EQ(ran, "") << testing::PrintToString(args);
    EXPECT_NE(err.str(), "") << testing::PrintToString(args);
  }
  EXPECT_EQ(run({"change", "--force", "--reason", "because"}), 1);
  EXPECT_EQ(reason, "because");
}

TEST_F(CommandLine, HelpAndVersionAreZero) {
  EXPECT_EQ(run({"--help"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("look"));
  EXPECT_EQ(run({"look", "--help"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("--last"));
  EXPECT_EQ(run({"--version"}), 0);
  EXPECT_THAT(out.str(), HasSubstr("prog " WIDEIP_VERSION));
  EXPECT_EQ(run({"look", "--version"}), 0);
  EXPECT_EQ(ran, "");
}

}  // namespace
}  // namespace io
