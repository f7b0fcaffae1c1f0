#include "base/io/screen.h"

#include <gtest/gtest.h>

namespace io {
namespace {

const std::string kOn = "\x1b[?2026h\x1b[H";
const std::string kOff = "\x1b[?2026l";

TEST(Frame, DrawsOverWhatWasThereAndClearsWhatIsLeftOfIt) {
  EXPECT_EQ(frame("one\ntwo\n", {80, 24}, false), kOn + "one\x1b[K\r\ntwo\x1b[K\r\n\x1b[J" + kOff);
  EXPECT_EQ(frame("", {80, 24}, false), kOn + "\x1b[J" + kOff);
}

TEST(Frame, NeverScrolls) {
  EXPECT_EQ(frame("one\ntwo\n", {80, 2}, false), kOn + "one\x1b[K\r\ntwo\x1b[K" + kOff) << "a full screen";
  EXPECT_EQ(frame("one\ntwo\nthree\n", {80, 2}, false), kOn + "one\x1b[K\r\n(2 more lines)\x1b[K" + kOff);
  EXPECT_EQ(frame("one\ntwo\n", {80, 1}, false), kOn + "(2 more lines)\x1b[K" + kOff);
}

TEST(Frame, CutsByCharactersAndNotByBytes) {
  EXPECT_EQ(frame("\xc3\xa4\xc3\xb6\xc3\xbc\n", {2, 1}, false), kOn + "\xc3\xa4\xc3\xb6\x1b[K" + kOff);
  EXPECT_EQ(frame("\xff\xff\xff\n", {2, 1}, false), kOn + "\xff\xff\x1b[K" + kOff);
}

TEST(Frame, ColoursTakeNoRoom) {
  EXPECT_EQ(frame("UP DOWN\n", {4, 1}, true), kOn + "\x1b[32mUP\x1b[0m D\x1b[K" + kOff);
}

}  // namespace
}  // namespace io
