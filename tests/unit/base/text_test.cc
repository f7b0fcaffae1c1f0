#include "base/text.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <array>
#include <nlohmann/json.hpp>

namespace {

TEST(Text, EscapesForJson) {
  EXPECT_EQ(base::escape_json("a\"b\\c\n\t\x01\x7F"), "a\\\"b\\\\c\\n\\t\\u0001\\u007f");
  EXPECT_EQ(base::escape_json("gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80"), "gr\xC3\xBC\xC3\x9F \xF0\x9F\x98\x80");
}

// RFC 3629 section 3: overlong forms, surrogates and code points past U+10FFFF are no UTF-8.
TEST(Text, ReplacesWhatIsNoUtf8) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(base::escape_json("\xFF"), mark);
  EXPECT_EQ(base::escape_json("\xC0\xAF"), mark + mark);
  EXPECT_EQ(base::escape_json("\xED\xA0\x80"), mark + mark + mark);
  EXPECT_EQ(base::escape_json("\xF4\x90\x80\x80"), mark + mark + mark + mark);
  EXPECT_EQ(base::escape_json("x\xE2\x82"), "x" + mark + mark);
}

RC_GTEST_PROP(Text, AnyBytesMakeAJsonString, (const std::vector<std::uint8_t>& bytes)) {
  const std::string text(bytes.begin(), bytes.end());
  RC_ASSERT(nlohmann::json::accept("\"" + base::escape_json(text) + "\""));
}

TEST(Text, KnowsPrintable) {
  EXPECT_TRUE(base::printable(""));
  EXPECT_TRUE(base::printable(" ~"));
  EXPECT_FALSE(base::printable("a\n"));
  EXPECT_FALSE(base::printable("\x7F"));
  EXPECT_FALSE(base::printable("\xC3\xBC"));
}

TEST(Text, ReadsHexStrictly) {
  EXPECT_EQ(base::from_hex("00fFa1"), (std::vector<std::uint8_t>{0, 0xFF, 0xA1}));
  EXPECT_EQ(base::from_hex(""), std::vector<std::uint8_t>{});
  for (const auto* bad : {"0", "0g", " 00", "0x", "-1"}) EXPECT_FALSE(base::from_hex(bad)) << bad;
}

RC_GTEST_PROP(Text, HexUndoesHex, (const std::vector<std::uint8_t>& bytes)) {
  RC_ASSERT(*base::from_hex(base::to_hex(bytes)) == bytes);
}

TEST(Text, FindsTheNearestWord) {
  constexpr std::array<std::string_view, 3> words{"listen", "workers", "state_dir"};
  EXPECT_EQ(base::nearest("lisen", words), "listen");
  EXPECT_EQ(base::nearest("worker", words), "workers");
  EXPECT_EQ(base::nearest("statedir", words), "state_dir");
  EXPECT_EQ(base::nearest("zzzzzz", words), std::nullopt);
  EXPECT_EQ(base::nearest("x", words), std::nullopt);
  EXPECT_EQ(base::nearest("listen", {}), std::nullopt);
}

TEST(Text, ComparesInConstantTimeCorrectly) {
  const std::vector<std::uint8_t> a{1, 2, 3};
  EXPECT_TRUE(base::equal_constant_time(a, a));
  EXPECT_TRUE(base::equal_constant_time({}, {}));
  EXPECT_FALSE(base::equal_constant_time(a, std::vector<std::uint8_t>{1, 2}));
  EXPECT_FALSE(base::equal_constant_time(a, std::vector<std::uint8_t>{1, 2, 131}));
  EXPECT_FALSE(base::equal_constant_time(a, std::vector<std::uint8_t>{0, 2, 3}));
}

}  // namespace
