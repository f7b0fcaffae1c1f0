#include "zones/wire/name.h"

#include <gtest/gtest.h>

namespace {

using wire::Name;

Name name(std::string_view text) { return Name::parse(text).value(); }

TEST(Name, ParsesWithAndWithoutTheFinalDot) {
  EXPECT_EQ(name("www.example.com").to_string(), "www.example.com.");
  EXPECT_EQ(name("www.example.com.").wire().size(), 17U);
  EXPECT_TRUE(name("www.example.com") == name("www.example.com."));
  EXPECT_TRUE(name(".").is_root());
}

TEST(Name, ReadsAndWritesEscapes) {
  const auto n = name("a\\.b\\032c.\\200");
  EXPECT_EQ(n.labels(), 2U);
  EXPECT_EQ(n.wire()[0], 5);
  EXPECT_EQ(n.to_string(), "a\\.b\\032c.\\200.");
  EXPECT_TRUE(name(n.to_string()) == n);
}

TEST(Name, RefusesWhatIsNoName) {
  for (const auto* bad : {"", "..", ".a", "a..b", "a\\", "a\\25", "a\\256"}) EXPECT_FALSE(Name::parse(bad)) << bad;
  EXPECT_FALSE(Name::parse(std::string(64, 'a')));
  EXPECT_TRUE(Name::parse(std::string(63, 'a')));
}

TEST(Name, HoldsExactly255Octets) {
  const std::string label(63, 'a');
  const std::string longest = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_TRUE(Name::parse(longest));
  EXPECT_EQ(name(longest).size(), 255U);
  EXPECT_TRUE(Name::parse(longest + "."));
  EXPECT_FALSE(Name::parse(longest + "b"));
  EXPECT_FALSE(Name::parse(longest + ".b"));
}

TEST(Name, FromWireTakesOneWholeNameOnly) {
  const base::Bytes good{1, 'a', 0};
  EXPECT_TRUE(Name::from_wire(good));
  for (const auto& bad : {base::Bytes{}, base::Bytes{1, 'a'}, base::Bytes{1, 'a', 0, 0}, base::Bytes{0xc0, 12},
                          base::Bytes{64, 'a', 0}, base::Bytes{5, 'a', 0}}) {
    EXPECT_FALSE(Name::from_wire(bad));
  }
}

TEST(Name, ComparesWithoutCase) {
  EXPECT_TRUE(name("WWW.Example.com") == name("www.eXample.COM"));
  EXPECT_FALSE(name("www.example.com") == name("www.example.org"));
  EXPECT_EQ(name("WWW.Example").lowered().to_string(), "www.example.");
  EXPECT_EQ(name("WWW.Example").to_string(), "WWW.Example.");
}

TEST(Name, IsWithinOnLabelBoundariesOnly) {
  EXPECT_TRUE(name("a.example").is_within(name("EXAMPLE")));
  EXPECT_TRUE(name("example").is_within(name("example")));
  EXPECT_TRUE(name("example").is_within(Name()));
  EXPECT_FALSE(name("xexample").is_within(name("example")));
  EXPECT_FALSE(name("example").is_within(name("a.example")));
}

TEST(Name, ParentAndChildAreOpposites) {
  const auto child = name("b.example").child(base::as_bytes("a"));
  ASSERT_TRUE(child);
  EXPECT_EQ(child->to_string(), "a.b.example.");
  EXPECT_TRUE(child->parent() == name("b.example"));
  EXPECT_TRUE(Name().parent().is_root());
  EXPECT_FALSE(name("b").child(base::as_bytes(std::string(64, 'x'))));
}

TEST(Name, KnowsWildcards) {
  EXPECT_TRUE(name("*.example").is_wildcard());
  EXPECT_FALSE(name("**.example").is_wildcard());
  EXPECT_FALSE(name("a.*.example").is_wildcard());
  EXPECT_FALSE(Name().is_wildcard());
}

TEST(Lower8, LowersLettersAndNothingElse) {
  for (unsigned first = 0; first < 256; ++first) {
    std::uint64_t octets = 0;
    std::uint64_t expected = 0;
    for (unsigned i = 0; i < 8; ++i) {
      const auto c = static_cast<std::uint8_t>(first * (i + 1));
      octets |= std::uint64_t{c} << (8 * i);
      expected |= std::uint64_t{wire::lower(c)} << (8 * i);
    }
    EXPECT_EQ(wire::lower8(octets), expected) << first;
  }
}

}  // namespace
