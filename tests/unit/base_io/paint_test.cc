#include "base/io/paint.h"

#include <gtest/gtest.h>

#include <iostream>
#include <sstream>

namespace io {
namespace {

TEST(Paint, ColoursTheWordsOfHealth) {
  EXPECT_EQ(paint("site1/main  UP  x\n"), "site1/main  \x1b[32mUP\x1b[0m  x\n");
  EXPECT_EQ(paint("SILENT"), "\x1b[33mSILENT\x1b[0m");
  EXPECT_EQ(paint("status=FAIL]"), "status=\x1b[31mFAIL\x1b[0m]");
}

TEST(Paint, LeavesWordsAloneThatOnlyContainOne) {
  for (const char* text : {"UPPER", "up", "NOT_OK", "UP2", "db_UP", ""}) EXPECT_EQ(paint(text), text);
}

TEST(Paint, OnlyStandardOutputMayBeATerminal) {
  std::ostringstream out;
  EXPECT_FALSE(colours(out));
  EXPECT_FALSE(colours(std::cerr));
  EXPECT_EQ(painted("UP", out), "UP");
}

}  // namespace
}  // namespace io
