#include <gmock/gmock.h>

#include "base/roff.h"
#include "sitecheck/cli/commands.h"
#include "tests/support/golden.h"

namespace sitecheck::cli {
namespace {

TEST(Manual, NamesEveryCommandWithItsOptionsAndIsUpToDate) {
  const auto spec = program({});
  const std::string page =
      base::replace_section(golden::read("contrib/man/sitecheck.8"), "commands", io::manual_commands(spec));
  ASSERT_FALSE(page.empty());
  for (const auto& command : spec.commands) {
    EXPECT_THAT(page, testing::HasSubstr("\\fB" + base::roff(command.name) + "\\fR"));
    for (const auto& option : command.options) {
      EXPECT_THAT(page, testing::HasSubstr("\\fB\\-\\-" + base::roff(option.name) + "\\fR"));
    }
  }
  golden::expect_up_to_date("contrib/man/sitecheck.8", page);
}

}  // namespace
}  // namespace sitecheck::cli
