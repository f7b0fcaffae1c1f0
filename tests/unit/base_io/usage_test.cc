#include "base/io/usage.h"

#include <gmock/gmock.h>

namespace io {
namespace {

ProgramSpec program() {
  ProgramSpec out{.name = "prog", .summary = "", .config = "", .commands = {}};
  out.commands.push_back({.name = "status",
                          .help = "",
                          .options = {{.name = "watch", .value_name = "", .help = ""}},
                          .json = true,
                          .daemon = true,
                          .run = {}});
  out.commands.push_back({.name = "serve", .help = "", .run = {}});
  return out;
}

TEST(Usage, NamesTheCommandThatThereIsNot) {
  EXPECT_EQ(usage_fault(program(), {"staus"}, "x"),
            "prog: there is no command \"staus\" (did you mean status?)\ncommands: status, serve\n"
            "`prog --help` tells what they do\n");
  EXPECT_THAT(usage_fault(program(), {"\x1b[1m"}, "x"), testing::HasSubstr("\"?[1m\"\n"));
  EXPECT_THAT(usage_fault(program(), {}, "x"), testing::StartsWith("prog: no command given\n"));
  EXPECT_THAT(usage_fault(program(), {"--json", "status"}, "x"),
              testing::StartsWith("prog: --json: a command comes first, its options after it\n"));
}

TEST(Usage, NamesTheNearestOption) {
  EXPECT_EQ(usage_fault(program(), {"status", "--wach"}, "The following argument was not expected: --wach"),
            "prog status: The following argument was not expected: --wach (did you mean --watch?)\n"
            "`prog status --help` tells what it takes\n");
  EXPECT_THAT(usage_fault(program(), {"status", "--jsom=1"}, "x"), testing::HasSubstr("did you mean --json?"));
  EXPECT_THAT(usage_fault(program(), {"serve", "--wach"}, "x"), testing::Not(testing::HasSubstr("did you mean")));
}

TEST(Usage, SaysWhatTheParserSays) {
  EXPECT_EQ(usage_fault(program(), {"status", "--watch"}, "NAME is required"),
            "prog status: NAME is required\n`prog status --help` tells what it takes\n");
}

}  // namespace
}  // namespace io
