#include "base/text_table.h"

#include <gtest/gtest.h>

namespace base {
namespace {

TEST(TextTable, PadsColumnsAndNothingAtTheEnd) {
  TextTable table({{"A", 4}, {"B"}});
  table.add({"1", "2"});
  table.add({"1"});
  EXPECT_EQ(table.to_string(), "A     B\n1     2\n1\n");
}

TEST(TextTable, WidensForWhatIsLonger) {
  TextTable table({{"A", 1}, {"B"}});
  table.add({"longer", "x"});
  EXPECT_EQ(table.to_string(), "A       B\nlonger  x\n");
}

TEST(TextTable, IndentsARowWithoutMovingItsOtherColumns) {
  TextTable table({{"T", 1}, {"Name", 6}, {"N", 3}});
  table.add({"P", "db1", "0"});
  table.add_indented(2, {"C", "OK", "1"});
  table.add_line("*  a line");
  EXPECT_EQ(table.to_string(), "T  Name    N\nP  db1     0\n  C  OK    1\n*  a line\n");
}

TEST(TextTable, CountsCodePointsNotBytes) {
  TextTable table({{"A"}, {"B"}});
  table.add({"äöü", "x"});
  table.add({"abc", "x"});
  EXPECT_EQ(table.to_string(), "A    B\näöü  x\nabc  x\n");
}

TEST(ForTerminal, HidesWhatATerminalWouldObey) {
  EXPECT_EQ(for_terminal("a\x1b[31mb\n\x7f"), "a?[31mb??");
  EXPECT_EQ(for_terminal("\xc2\x9b"
                         "0m"),
            "?0m");
  EXPECT_EQ(for_terminal("\xff\xfe"), "??");
  EXPECT_EQ(for_terminal("grün"), "grün");
}

}  // namespace
}  // namespace base
