#include "conf/document.h"

#include <gmock/gmock.h>

namespace conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::SizeIs;

class Document : public testing::Test {
 protected:
  Value parse(std::string_view text) { return parse_document(text, &name_, faults_); }
  std::vector<std::string> faults() const {
    std::vector<std::string> out;
    for (const auto& fault : faults_) out.push_back(to_string(fault));
    return out;
  }
  std::string name_ = "f.yaml";
  std::vector<Fault> faults_;
};

TEST_F(Document, KnowsWhereEachValueStandsCountingFromOne) {
  const Value root = parse("a: 1\nlist:\n  - x\n  - {k: \"v\"}\n");
  ASSERT_THAT(faults_, SizeIs(0));
  EXPECT_EQ(to_string(root.mark()), "f.yaml:1:1");
  EXPECT_EQ(to_string(root.find("a")->mark()), "f.yaml:1:4");
  const Value& list = *root.find("list");
  EXPECT_EQ(to_string(list.items[0].mark()), "f.yaml:3:5");
  EXPECT_EQ(to_string(list.items[1].find("k")->mark()), "f.yaml:4:9");
  EXPECT_TRUE(list.items[1].find("k")->quoted);
  EXPECT_FALSE(list.items[0].quoted);
  EXPECT_EQ(root.find("none"), nullptr);
}

TEST_F(Document, AnEmptyFileIsNothingRatherThanAFault) {
  EXPECT_EQ(parse("").kind, Value::Kind::kNull);
  EXPECT_EQ(parse("# only a comment\n").kind, Value::Kind::kNull);
  EXPECT_THAT(faults_, SizeIs(0));
}

TEST_F(Document, TildeAndEmptyAreNothingNotTheTextNull) {
  const Value root = parse("a: ~\nb:\nc: null\nd: \"null\"\n");
  EXPECT_EQ(root.find("a")->kind, Value::Kind::kNull);
  EXPECT_EQ(root.find("b")->kind, Value::Kind::kNull);
  EXPECT_EQ(root.find("c")->kind, Value::Kind::kNull);
  EXPECT_EQ(root.find("d")->text, "null");
}

TEST_F(Document, ReportsDuplicateKeysWithBothPlacesAndKeepsTheFirst) {
  const Value root = parse("a: 1\nb: 2\na: 3\n");
  EXPECT_THAT(faults(), ElementsAre("f.yaml:3:1: duplicate key \"a\"; it stands already at line 1, column 1"));
  EXPECT_EQ(root.find("a")->text, "1");
  EXPECT_EQ(root.keys.size(), 2U);
}

TEST_F(Document, RefusesAnchorsAliasesAndTags) {
  parse("a: &x 1\nb: *x\nc: !!str 5\nd: !foo {k: v}\ne: &y\n  - 1\n");
  EXPECT_THAT(faults(), ElementsAre(HasSubstr("f.yaml:1:4: found an anchor"), HasSubstr("f.yaml:2:4: found an alias"),
                                    HasSubstr("f.yaml:3:4: found the tag"), HasSubstr("f.yaml:4:4: found the tag"),
                                    HasSubstr("found an anchor")));
}

TEST_F(Document, ABombOfAliasesStaysSmall) {
  std::string text = "a: &a [x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    const char before = static_cast<char>(c - 1);
    text += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 9; ++i) text += std::string(i == 0 ? "*" : ", *") + before;
    text += "]\n";
  }
  const Value root = parse(text);
  EXPECT_EQ(root.items.size(), 9U);
  EXPECT_THAT(faults_, SizeIs(9 + 8 * 9));
}

TEST_F(Document, RefusesASecondDocument) {
  EXPECT_EQ(parse("a: 1\n---\nb: 2\n").kind, Value::Kind::kBad);
  EXPECT_THAT(faults(), ElementsAre(HasSubstr("a second document begins here")));
}

TEST_F(Document, RefusesDeepNesting) {
  EXPECT_EQ(parse(std::string(100'000, '[')).kind, Value::Kind::kBad);
  EXPECT_THAT(faults(), ElementsAre(HasSubstr("nested deeper than 32 levels")));
  faults_.clear();
  std::string blocks;
  for (int i = 0; i < 200; ++i) blocks += std::string(static_cast<std::size_t>(i), ' ') + "k:\n";
  parse(blocks);
  EXPECT_THAT(faults(), ElementsAre(HasSubstr("nested deeper than 32 levels")));
}

TEST_F(Document, RefusesBytesThatAreNoTextWithTheirPlace) {
  parse(std::string_view("a: 1\nb: \0x\n", 11));
  parse("a: \xff\n");
  parse("ok: 1\nx: \x04\nlost: 2\n");  // yaml-cpp takes 0x04 for the end of the file
  EXPECT_THAT(faults(), ElementsAre("f.yaml:2:4: found the byte 0x00; control characters are not allowed",
                                    "f.yaml:1:4: found the byte 0xff; allowed: UTF-8 text",
                                    "f.yaml:2:4: found the byte 0x04; control characters are not allowed"));
}

TEST_F(Document, RefusesUtf16) {
  EXPECT_EQ(parse(std::string_view("\xff\xfe"
                                   "a\0:\0 \0001\0",
                                   10))
                .kind,
            Value::Kind::kBad);
  EXPECT_THAT(faults(), ElementsAre(HasSubstr("f.yaml:1:1: found the byte 0xff")));
}

TEST_F(Document, ReportsSyntaxErrorsAtTheirPlace) {
  EXPECT_EQ(parse("a: [1, 2\nb: 3\n").kind, Value::Kind::kBad);
  EXPECT_EQ(parse("a: 1\n\tb: 2\n").kind, Value::Kind::kBad);
  ASSERT_THAT(faults_, SizeIs(2));
  EXPECT_THAT(faults()[0], HasSubstr("this is not YAML"));
  EXPECT_GT(faults_[0].mark.line, 0);
}

TEST_F(Document, KeysAreWords) {
  const Value root = parse("? [a, b]\n: 1\ngood: 2\n");
  EXPECT_THAT(faults(), ElementsAre(HasSubstr("this key is no word")));
  EXPECT_EQ(root.find("good")->text, "2");
}

TEST_F(Document, TakesABigFileInGoodTime) {
  std::string text = "list:\n";
  for (int i = 0; i < 20'000; ++i) text += "  - {name: n" + std::to_string(i) + ", address: [192.0.2.1]}\n";
  EXPECT_EQ(parse(text).find("list")->items.size(), 20'000U);
}

}  // namespace
}  // namespace conf
