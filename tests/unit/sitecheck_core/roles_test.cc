#include "sitecheck/core/roles.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace core {

namespace {

Holders nobody(std::size_t n) { return Holders(n); }

std::vector<std::size_t> loads(const Holders& at, std::size_t nodes) {
  std::vector<std::size_t> out(nodes);
  for (const auto& holder : at) {
    if (holder) ++out[*holder];
  }
  return out;
}

// Of the able nodes.
std::size_t spread(const Holders& at, const std::vector<bool>& able) {
  const auto load = loads(at, able.size());
  std::size_t least = SIZE_MAX;
  std::size_t most = 0;
  for (std::size_t i = 0; i < able.size(); ++i) {
    if (!able[i]) continue;
    least = std::min(least, load[i]);
    most = std::max(most, load[i]);
  }
  return most - least;
}

std::size_t moved(const Holders& before, const Holders& after) {
  std::size_t out = 0;
  for (std::size_t a = 0; a < before.size(); ++a) out += before[a] && before[a] != after[a] ? 1 : 0;
  return out;
}

// The fewest moves that lead to an even spread: what exceeds the shares, the larger shares going to who has the most.
std::size_t fewest_moves(const Holders& before, const std::vector<bool>& able) {
  std::vector<std::size_t> kept;
  std::size_t lost = 0;
  const auto load = loads(before, able.size());
  for (std::size_t i = 0; i < able.size(); ++i) {
    if (able[i]) {
      kept.push_back(load[i]);
    } else {
      lost += load[i];
    }
  }
  std::sort(kept.rbegin(), kept.rend());
  std::size_t larger = before.size() % kept.size();
  std::size_t out = lost;
  for (const auto has : kept) {
    const auto share = before.size() / kept.size() + (larger > 0 ? 1 : 0);
    if (larger > 0) --larger;
    out += has > share ? has - share : 0;
  }
  return out;
}

struct Case {
  Holders before;
  std::vector<bool> able;
};

Case random_case(std::mt19937& random) {
  Case out;
  const std::size_t nodes = 1 + random() % 6;
  for (std::size_t i = 0; i < nodes; ++i) out.able.push_back(random() % 3 != 0);
  for (std::size_t a = random() % 12; a > 0; --a) {
    // A node that is gone altogether, too.
    out.before.push_back(random() % 4 == 0 ? Holder() : Holder(random() % (nodes + 1)));
  }
  return out;
}

}  // namespace

TEST(Roles, EveryAddressIsAtExactlyOneAbleNodeOrNowhereIfThereIsNone) {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    const auto c = random_case(random);
    const auto after = balance(c.before, nobody(c.before.size()), c.able);
    ASSERT_EQ(after.size(), c.before.size());
    const bool any = std::find(c.able.begin(), c.able.end(), true) != c.able.end();
    for (const auto& holder : after) {
      ASSERT_EQ(holder.has_value(), any);
      ASSERT_TRUE(!any || (*holder < c.able.size() && c.able[*holder]));
    }
  }
}

TEST(Roles, TheLoadsOfAbleNodesDifferByOneAtMostWithTheFewestMoves) {
  std::mt19937 random(2);
  for (int i = 0; i < 5000; ++i) {
    auto c = random_case(random);
    if (std::find(c.able.begin(), c.able.end(), true) == c.able.end()) continue;
    std::erase_if(c.before, [&](const Holder& h) { return h && *h >= c.able.size(); });
    const auto after = balance(c.before, nobody(c.before.size()), c.able);
    ASSERT_LE(spread(after, c.able), 1U);
    ASSERT_EQ(moved(c.before, after), fewest_moves(c.before, c.able));
    // Nothing moves once it is even.
    ASSERT_EQ(balance(after, nobody(after.size()), c.able), after);
  }
}

TEST(Roles, TheLossOfANodeMovesOnlyItsOwnAddresses) {
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    const std::size_t nodes = 2 + random() % 5;
    std::vector<bool> able(nodes, true);
    const std::size_t addresses = 1 + random() % 15;
    const auto even = balance(nobody(addresses), nobody(addresses), able);
    const NodeIndex lost = random() % nodes;
    able[lost] = false;
    const auto after = balance(even, nobody(even.size()), able);
    for (std::size_t a = 0; a < even.size(); ++a) {
      ASSERT_TRUE(even[a] == lost || after[a] == even[a]);
    }
  }
}

TEST(Roles, ANewNodeTakesItsShareAndNothingElseMoves) {
  const Holders before{0, 0, 0, 1, 1, 1};
  const auto after = balance(before, nobody(6), {true, true, true});
  EXPECT_EQ(after, (Holders{2, 0, 0, 2, 1, 1}));
}

TEST(Roles, TheLeastLoadedNodeComesFirst) {
  EXPECT_EQ(balance({0, 1, {}}, nobody(3), {true, true, true}), (Holders{0, 1, 2}));
}

TEST(Roles, APinnedAddressStaysWhereAPersonPutItAndTheRestIsSpread) {
  const auto after = balance({0, 1, 0, 1}, {2, {}, {}, 2}, {true, true, true});
  EXPECT_EQ(after, (Holders{2, 1, 0, 2}));
}

TEST(Roles, APinCountsAgainOnlyWhileItsNodeIsAble) {
  EXPECT_EQ(balance({1, 0}, {1, {}}, {true, false}), (Holders{0, 0}));
}

TEST(Roles, PinsMayForceAnUnevenSpreadWithoutEnd) {
  EXPECT_EQ(balance({0, 0, 0}, {0, 0, 0}, {true, true}), (Holders{0, 0, 0}));
}

TEST(Roles, AnExclusiveRoleIsWholeAtTheWriterOrNowhere) {
  EXPECT_EQ(follow(2, 1), (Holders{1, 1}));
  EXPECT_EQ(follow(2, {}), nobody(2));
}

TEST(Roles, AnAddressIsTakenAwayBeforeAnyIsGiven) {
  const auto step = next_step({{}, 0}, {2, 1});
  ASSERT_TRUE(step);
  EXPECT_FALSE(step->promote);
  EXPECT_EQ(step->address, 1U);
  EXPECT_EQ(step->node, 0U);
  const auto then = next_step({{}, {}}, {2, 1});
  ASSERT_TRUE(then);
  EXPECT_TRUE(then->promote);
  EXPECT_EQ(then->address, 0U);
  EXPECT_EQ(then->node, 2U);
  EXPECT_FALSE(next_step({2, 1}, {2, 1}));
  EXPECT_FALSE(next_step({{}, {}}, {{}, {}}));
}

TEST(Roles, StepsLeadFromAnyPlacementToAnyOtherAndNeverGiveWhatAnotherHas) {
  std::mt19937 random(4);
  for (int i = 0; i < 2000; ++i) {
    Holders actual;
    Holders wanted;
    for (std::size_t a = random() % 8; a > 0; --a) {
      actual.push_back(random() % 3 == 0 ? Holder() : Holder(random() % 4));
      wanted.push_back(random() % 3 == 0 ? Holder() : Holder(random() % 4));
    }
    for (int steps = 0; const auto step = next_step(actual, wanted); ++steps) {
      ASSERT_LT(steps, 20);
      ASSERT_TRUE(!step->promote || !actual[step->address]);
      actual[step->address] = step->promote ? Holder(step->node) : Holder();
    }
    ASSERT_EQ(actual, wanted);
  }
}

namespace {

struct Reading {
  PoolConfig config;
  PoolView view;

  Reading() {
    for (const auto* name : {"db1", "db2", "db3"}) add(name, true, ecv::NodeState::kStandby);
    add("far", false, ecv::NodeState::kStandby);
  }
  void add(const std::string& name, bool local, ecv::NodeState state) {
    config.nodes.push_back({name, local, 1});
    NodeView node;
    node.name = name;
    node.local = local;
    node.state = state;
    view.nodes.insert(view.nodes.begin(), node);  // another order than the configuration's
  }
  NodeView& node(const std::string& name) {
    return *std::find_if(view.nodes.begin(), view.nodes.end(), [&](const NodeView& n) { return n.name == name; });
  }
  void writes(const std::string& name) {
    view.writer = name;
    node(name).state = ecv::NodeState::kActive;
  }
  [[nodiscard]] std::vector<bool> now(const std::set<std::string>& without = {},
                                      const std::vector<bool>& before = {}) const {
    return readers(config, view, without, before);
  }
};

using Able = std::vector<bool>;

}  // namespace

TEST(Readers, AreTheLocalStandbysAndNotTheWriter) {
  Reading r;
  r.writes("db2");
  EXPECT_EQ(r.now(), (Able{true, false, true, false}));
  r.node("db1").state = ecv::NodeState::kFailedOffline;
  EXPECT_EQ(r.now(), (Able{false, false, true, false}));
}

TEST(Readers, TheWriterIsReadWhereNoStandbyIsLeft) {
  Reading r;
  r.writes("db2");
  r.node("db1").state = ecv::NodeState::kMaint;
  r.node("db3").state = ecv::NodeState::kAwaitingRecovery;
  EXPECT_EQ(r.now(), (Able{false, true, false, false}));
}

TEST(Readers, ANodeInDowntimeIsNotRead) {
  Reading r;
  r.writes("db2");
  EXPECT_EQ(r.now({"db1"}), (Able{false, false, true, false}));
  EXPECT_EQ(r.now({"db1", "db2", "db3"}), Able(4, false));
}

TEST(Readers, ANodeThatLagsReturnsOnlyAtHalfTheLimit) {
  Reading r;
  r.writes("db2");
  r.config.max_lag = base::seconds(10);
  r.node("db1").lag_ms = 8000;
  EXPECT_EQ(r.now({}, {true, false, true, false}), (Able{true, false, true, false}));
  EXPECT_EQ(r.now({}, {false, false, true, false}), (Able{false, false, true, false}));
  r.node("db1").lag_ms = 5000;
  EXPECT_EQ(r.now({}, {false, false, true, false}), (Able{true, false, true, false}));
  r.node("db1").lag_ms = 10001;
  EXPECT_EQ(r.now({}, {true, false, true, false}), (Able{false, false, true, false}));
}

TEST(Readers, WhereEveryNodeWritesAllOfThemAreRead) {
  Reading r;
  r.view.kind = "multi_writer";
  for (const auto* name : {"db1", "db2"}) r.node(name).state = ecv::NodeState::kActive;
  EXPECT_EQ(r.now(), (Able{true, true, true, false}));
  r.config.preferred_writer = true;
  r.view.writer = "db1";
  EXPECT_EQ(r.now(), (Able{false, false, true, false}));
}

}  // namespace core
