#include "conf/cut.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "tests/support/document_pieces.h"

namespace conf {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<std::string> cut(std::string_view text, std::size_t size = 1) {
  std::vector<std::string> out;
  for (const Piece& piece : cut_list(text, "list", size)) out.emplace_back(piece.text);
  return out;
}

TEST(Cut, BetweenTheItemsOfTheList) {
  const auto pieces = cut_list("a: 1\nlist:\n  - x\n  # why\n  - k: v\n    l: w\n  - y\nb: 2\n", "list", 1);
  ASSERT_THAT(pieces, SizeIs(3));
  EXPECT_EQ(pieces[0].text, "a: 1\nlist:\n  - x\n  # why\n");
  EXPECT_EQ(pieces[1].text, "  - k: v\n    l: w\n");
  EXPECT_EQ(pieces[1].line, 5);
  EXPECT_EQ(pieces[2].text, "  - y\nb: 2\n");
  EXPECT_EQ(pieces[2].line, 7);
}

TEST(Cut, IntoPiecesOfASize) {
  EXPECT_THAT(cut("list:\n- a\n- b\n- c\n- d\n", 10), ElementsAre("list:\n- a\n", "- b\n- c\n- d\n"));
  EXPECT_THAT(cut("list:\n- a\n- b\n- c\n- d\n- e\n", 8), ElementsAre("list:\n- a\n", "- b\n- c\n", "- d\n- e\n"));
  EXPECT_THAT(cut("list:\n- a\n- b\n", 100), IsEmpty());
}

TEST(Cut, OnlyOfThatListAndOnlyAtItsOwnDashes) {
  EXPECT_THAT(cut("other:\n- a\n- b\n"), IsEmpty());
  EXPECT_THAT(cut("lists:\n- a\n- b\n"), IsEmpty());
  EXPECT_THAT(cut("list: [a, b]\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n  k: v\n"), IsEmpty());
  EXPECT_THAT(cut("x:\n  list:\n  - a\n  - b\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n  - - a\n    - b\n  - c\n"), ElementsAre("list:\n  - - a\n    - b\n", "  - c\n"));
  EXPECT_THAT(cut("list: # all\n- a\n---\n- b\n"), IsEmpty());
}

TEST(Cut, NeverWhereSomethingMayBeOpen) {
  EXPECT_THAT(cut("list:\n- 'a\n- b'\n- c\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- \"a\n- b\"\n- c\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- [a,\n- b]\n- c\n"), ElementsAre("list:\n- [a,\n- b]\n", "- c\n"));
  EXPECT_THAT(cut("list:\n- [a 'b, \"c' ]\n- d\"]\n- e\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- [# ]\n- a]\n- b\n"), IsEmpty());
  EXPECT_THAT(cut("head: 'it\nlist:\n- a'\n- b\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- [a\n  'b, \"c' ]\n- d\"]\n- e\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- a\r\n- b\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- k: |\n    text\n- c\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- k: plain\n    text\n- c\n"), IsEmpty());
  EXPECT_THAT(cut("list:\n- &x y\n- c\n"), IsEmpty());
}

TEST(Cut, AroundWhatIsClosed) {
  EXPECT_THAT(cut("list:\n- {a: 'it''s', b: [\"\\\"]\", c]} # ' [\n- d\n"), SizeIs(2));
  EXPECT_THAT(cut("head: [a,\n  b]\nlist:\n- [a,\n  b]\n- c\n"), SizeIs(2));
}

// Documents that are nearly right: items as people write them, few that are odd, and at most two octets that mean
// something to YAML thrown in.
rc::Gen<std::string> documents() {
  const auto item = rc::gen::weightedOneOf<std::string>(
      {{9, rc::gen::element<std::string>(
               "  - a\n", "  - name: x\n    members:\n      - {site: s, address: [192.0.2.1]}\n", "  - 'it''s'\n",
               "  - k: \"a\\\"b\"\n    l: [1, \"::1\", {m: n}]\n", "  # said 'so\n", "\n", "  - [a,\n     b]\n",
               "  - k: |\n      text\n      more\n", "  -\n    k: v\n", "  - k: a plain\n      text\n")},
       {1, rc::gen::element<std::string>("  - &x y\n", "  - *x\n", "  - !t u\n", "  - {k: v, k: w}\n", "more: 1\n",
                                         "list:\n", "- z\n", "---\n", "...\n", "  - ? a\n    : b\n", "   - c\n")}});
  const auto head = rc::gen::element<std::string>("list:\n", "a: 1\nlist:\n", "%YAML 1.2\n---\nlist: # it's\n",
                                                  "a: [b,\n  c]\nlist:\n", "a: |\n  text\nlist:\n");
  const auto octet = rc::gen::elementOf(std::string("'\"[]{},:#- \n|>&*!%?\\\t\ra"));
  const auto noise = rc::gen::mapcat(rc::gen::inRange<std::size_t>(0, 3), [=](std::size_t count) {
    return rc::gen::container<std::vector<std::pair<std::size_t, char>>>(
        count, rc::gen::pair(rc::gen::inRange<std::size_t>(0, 400), octet));
  });
  const auto items = rc::gen::container<std::vector<std::string>>(item);
  return rc::gen::map(rc::gen::tuple(head, items, noise), [](const auto& parts) {
    std::string out = std::get<0>(parts);
    for (const auto& text : std::get<1>(parts)) out += text;
    for (const auto& [at, c] : std::get<2>(parts)) out.insert(at % (out.size() + 1), 1, c);
    return out;
  });
}

RC_GTEST_PROP(Cut, ADocumentInPiecesIsTheDocument, ()) {
  const std::string text = *documents();
  const std::size_t size = *rc::gen::inRange<std::size_t>(1, 60);
  RC_TAG(cut(text, size).empty() ? "whole" : "cut");
  RC_ASSERT(support::read_in(text, {2, size}) == support::read_in(text, {}));
}

TEST(Cut, ALongListIsReadByThreadsWithEveryPlaceAsItIs) {
  std::string text = "a: 1\nlist:\n";
  for (int i = 0; i < 5000; ++i) text += "  - {name: n" + std::to_string(i) + ", at: [192.0.2.1, \"2001:db8::1\"]}\n";
  text += "b: 2\n";
  const auto as_whole = [&](std::size_t items) {  // not compared by EXPECT_EQ, which would print them
    std::size_t taken = 0;
    const bool same = support::read_in(text, {4, 1000}, &taken) == support::read_in(text, {});
    return same && taken == items;
  };
  EXPECT_THAT(cut(text, 1000), SizeIs(testing::Gt(200U)));
  EXPECT_TRUE(as_whole(5000));
  // A fault in the middle stands once, and nothing is taken twice.
  text.insert(text.find("  - {name: n2500"), "  - {a: 1, a: 2}\n");
  EXPECT_TRUE(as_whole(5001));
  // And one that ends the reading.
  text.insert(text.find("  - {name: n3000"), "  - ]\n");
  EXPECT_TRUE(as_whole(3001));
}

}  // namespace
}  // namespace conf
