#include "zones/snapshot/choice_tables.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

namespace {

using snapshot::hash_table;
using snapshot::rotation_table;
using snapshot::Share;

std::string text(const std::vector<std::uint16_t>& table) {
  std::string out;
  for (const auto number : table) out += static_cast<char>('a' + number);
  return out;
}

TEST(RotationTable, EveryoneInTurn) {
  EXPECT_EQ(text(rotation_table({{0}, {1}, {2}})), "abc");
  EXPECT_EQ(text(rotation_table({{0, 300}, {1, 300}})), "ab") << "equal weights are a short round";
}

TEST(RotationTable, WeightsAreSpreadOverTheRound) {
  EXPECT_EQ(text(rotation_table({{0, 5}, {1, 1}, {2, 1}})), "aabacaa");
  EXPECT_EQ(text(rotation_table({{0, 0}, {1, 2}, {2, 4}})), "cbc");
}

TEST(RotationTable, NoWeightNoTable) {
  EXPECT_TRUE(rotation_table({}).empty());
  EXPECT_TRUE(rotation_table({{0, 0}}).empty());
}

TEST(RotationTable, ALongRoundIsScaledAndLeavesNobodyOut) {
  const auto table = rotation_table({{0, 1}, {1, 99991}, {2, 300007}}, 1000);
  EXPECT_LE(table.size(), 1001U);
  EXPECT_EQ(std::count(table.begin(), table.end(), 0), 1);
  EXPECT_NEAR(static_cast<double>(std::count(table.begin(), table.end(), 2)), 750, 2);
}

TEST(HashTable, SharesGoByWeight) {
  const auto table = hash_table({{0, 1, "a"}, {1, 1, "b"}, {2, 2, "c"}});
  ASSERT_EQ(table.size(), 1021U);
  std::map<int, int> count;
  for (const auto number : table) ++count[number];
  EXPECT_NEAR(count[0], 255, 45);
  EXPECT_NEAR(count[1], 255, 45);
  EXPECT_NEAR(count[2], 510, 60);
}

TEST(HashTable, AMemberThatGoesMovesItsOwnEntriesOnly) {
  const std::vector<Share> all{{0, 1, "a"}, {1, 1, "b"}, {2, 3, "c"}, {3, 1, "d"}};
  const auto before = hash_table(all);
  for (std::size_t gone = 0; gone < all.size(); ++gone) {
    auto left = all;
    left[gone].weight = 0;
    const auto after = hash_table(left);
    for (std::size_t i = 0; i < before.size(); ++i) {
      if (before[i] != gone) {
        EXPECT_EQ(after[i], before[i]);
      }
      EXPECT_NE(after[i], gone);
    }
  }
}

TEST(HashTable, NeitherOrderNorNumbersMatterButIds) {
  const auto one = hash_table({{0, 1, "a"}, {1, 2, "b"}});
  const auto other = hash_table({{7, 2, "b"}, {9, 1, "a"}});
  for (std::size_t i = 0; i < one.size(); ++i) EXPECT_EQ(one[i] == 0, other[i] == 9);
}

TEST(HashTable, NoWeightNoTable) { EXPECT_TRUE(hash_table({{0, 0, "a"}}).empty()); }

}  // namespace
