#include "base/roff.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(Roff, KeepsTextAsItIs) {
  EXPECT_EQ(roff("min-ttl"), "min\\-ttl");
  EXPECT_EQ(roff(".TH\n'x\na.b"), "\\&.TH\n\\&'x\na.b");
  EXPECT_EQ(roff("a\\b"), "a\\eb");
}

TEST(ReplaceSection, ReplacesWhatStandsBetweenItsLines) {
  const std::string page = "head\n.\\\" begin keys\nold\n.\\\" end keys\ntail\n";
  EXPECT_EQ(replace_section(page, "keys", "new\n"), "head\n.\\\" begin keys\nnew\n.\\\" end keys\ntail\n");
  EXPECT_EQ(replace_section(page, "commands", "new\n"), "");
  EXPECT_EQ(replace_section(".\\\" begin keys\n", "keys", "new\n"), "");
}

}  // namespace
}  // namespace base
