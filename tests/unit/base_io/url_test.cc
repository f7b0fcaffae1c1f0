#include "base/io/url.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

namespace {

using io::percent_decode;

TEST(Url, DecodesEscapesAndLeavesBrokenOnes) {
  EXPECT_EQ(percent_decode("a%20b%2Fc", false), "a b/c");
  EXPECT_EQ(percent_decode("%41%4a%4A", false), "AJJ");
  EXPECT_EQ(percent_decode("%", false), "%");
  EXPECT_EQ(percent_decode("%4", false), "%4");
  EXPECT_EQ(percent_decode("%zz%", false), "%zz%");
  EXPECT_EQ(percent_decode("%00", false), std::string(1, '\0'));
  EXPECT_EQ(percent_decode("a+b", false), "a+b");
  EXPECT_EQ(percent_decode("a+b", true), "a b");
}

TEST(Url, SplitsPathAndQuery) {
  std::string path;
  std::vector<std::pair<std::string, std::string>> query;
  io::split_target("/x%3Fy?a=1=2&&b&=c", path, query);
  EXPECT_EQ(path, "/x?y");
  const std::vector<std::pair<std::string, std::string>> expected = {{"a", "1=2"}, {"b", ""}, {"", "c"}};
  EXPECT_EQ(query, expected);
}

RC_GTEST_PROP(Url, DecodingUndoesEncoding, (const std::string& text)) {
  RC_ASSERT(percent_decode(io::percent_encode(text), true) == text);
}

}  // namespace
