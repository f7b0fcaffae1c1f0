#include "zones/compile/master_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace compile {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

struct Read {
  std::vector<std::vector<std::string>> entries;
  std::vector<bool> blank;
  std::vector<conf::Fault> faults;
};

Read read(std::string_view text) {
  Read out;
  MasterReader reader(text, "z");
  while (const auto entry = reader.next(out.faults)) {
    auto& words = out.entries.emplace_back();
    for (const auto& token : entry->tokens) words.push_back(token.text);
    out.blank.push_back(entry->blank_owner);
  }
  return out;
}

TEST(MasterReader, SplitsLinesIntoTokensWithTheirPlaces) {
  std::vector<conf::Fault> faults;
  MasterReader reader("; a comment\n\nwww  300 A\t192.0.2.1 ; the address\r\n", "z");
  const auto entry = reader.next(faults);
  ASSERT_TRUE(entry);
  ASSERT_EQ(entry->tokens.size(), 4U);
  EXPECT_EQ(entry->tokens[0].text, "www");
  EXPECT_EQ(entry->tokens[0].line, 3);
  EXPECT_EQ(entry->tokens[0].column, 1);
  EXPECT_EQ(entry->tokens[3].text, "192.0.2.1");
  EXPECT_EQ(entry->tokens[3].column, 12);
  EXPECT_FALSE(entry->blank_owner);
  EXPECT_FALSE(reader.next(faults));
  EXPECT_THAT(faults, IsEmpty());
}

TEST(MasterReader, JoinsLinesInParentheses) {
  const auto got = read("@ SOA a b (\n 1 ; serial\n 2 3\n 4 5 ) ; end\nnext A\n");
  EXPECT_THAT(got.entries,
              ElementsAre(ElementsAre("@", "SOA", "a", "b", "1", "2", "3", "4", "5"), ElementsAre("next", "A")));
  EXPECT_THAT(got.faults, IsEmpty());
}

TEST(MasterReader, TellsAnEntryWithoutOwner) {
  const auto got = read("a A 1\n  A 2\n\tA 3\n");
  EXPECT_THAT(got.blank, ElementsAre(false, true, true));
}

TEST(MasterReader, KeepsQuotesEscapesAndWhatTheyProtect) {
  const auto got = read(R"(a TXT "x ; ( \" y" z\;z h\.n)"
                        "\n");
  EXPECT_THAT(got.entries, ElementsAre(ElementsAre("a", "TXT", R"("x ; ( \" y")", R"(z\;z)", R"(h\.n)")));
  EXPECT_THAT(got.faults, IsEmpty());
}

TEST(MasterReader, KeepsAQuotedPartInsideItsWord) {
  EXPECT_THAT(read("a HTTPS 1 . alpn=\"h2,h3\" port=1\n").entries,
              ElementsAre(ElementsAre("a", "HTTPS", "1", ".", "alpn=\"h2,h3\"", "port=1")));
}

TEST(MasterReader, ReadsAFileWithoutFinalNewlineAndWithByteOrderMark) {
  EXPECT_THAT(read("\xef\xbb\xbf@ NS a").entries, ElementsAre(ElementsAre("@", "NS", "a")));
}

TEST(MasterReader, ReportsAnOpenQuoteAndGoesOnAtTheNextLine) {
  const auto got = read("a TXT \"open\nb A 1\n");
  EXPECT_THAT(got.entries, ElementsAre(ElementsAre("b", "A", "1")));
  ASSERT_EQ(got.faults.size(), 1U);
  EXPECT_EQ(got.faults[0].mark.line, 1);
  EXPECT_EQ(got.faults[0].mark.column, 7);
  EXPECT_THAT(got.faults[0].message, HasSubstr("closing quote"));
}

TEST(MasterReader, ReportsAnOpenParenthesisWhereItStandsAndGoesOnAtTheNextRecord) {
  const auto got = read("@ SOA a b (\n 1 ; serial\n 2 3\n\nb A 1\nc TXT ( x\n y )\nd A 2\n");
  EXPECT_THAT(got.entries,
              ElementsAre(ElementsAre("b", "A", "1"), ElementsAre("c", "TXT", "x", "y"), ElementsAre("d", "A", "2")));
  ASSERT_EQ(got.faults.size(), 1U);
  EXPECT_EQ(got.faults[0].mark.line, 1);
  EXPECT_EQ(got.faults[0].mark.column, 11);
  EXPECT_THAT(got.faults[0].message, HasSubstr("line 6"));
}

TEST(MasterReader, ReportsAParenthesisOpenAtTheEndOfTheFile) {
  const auto got = read("a A 1\nb TXT ( x\nc A 2\n");
  EXPECT_THAT(got.entries, ElementsAre(ElementsAre("a", "A", "1"), ElementsAre("c", "A", "2")));
  ASSERT_EQ(got.faults.size(), 1U);
  EXPECT_EQ(got.faults[0].mark.line, 2);
}

TEST(MasterReader, ReportsAClosingParenthesisTooMany) {
  const auto got = read("a A 1 )\nb A 2\n");
  EXPECT_THAT(got.entries, ElementsAre(ElementsAre("b", "A", "2")));
  ASSERT_EQ(got.faults.size(), 1U);
  EXPECT_EQ(got.faults[0].mark.column, 7);
}

TEST(MasterReader, ReportsControlCharactersAndABackslashThatEscapesNothing) {
  const auto got = read("a A \x01\nb A 2\\\nc TXT \"\x7f\"\nd A 4\n");
  EXPECT_THAT(got.entries, ElementsAre(ElementsAre("d", "A", "4")));
  ASSERT_EQ(got.faults.size(), 3U);
  EXPECT_THAT(got.faults[0].message, HasSubstr("0x01"));
  EXPECT_THAT(got.faults[1].message, HasSubstr("escapes nothing"));
  EXPECT_THAT(got.faults[2].message, HasSubstr("0x7f"));
}

TEST(MasterReader, EndsOnEveryPrefixOfATrickyText) {
  const std::string text = "a TXT ( \"q\\\"\" ; c )\n b\\\\ ) \n$X \"\\";
  for (std::size_t size = 0; size <= text.size(); ++size) {
    const auto got = read(std::string_view(text).substr(0, size));
    EXPECT_LE(got.entries.size(), 4U);
  }
}

}  // namespace
}  // namespace compile
