#include "dnsd/decide/safety.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "web.h"

namespace decide::test {
namespace {

using ::testing::HasSubstr;

// What an order would make of a wide-IP as it stands.
struct Trial {
  WideIp wide;
  std::vector<Observation> now;
  Memory memory;

  std::optional<Refusal> drain(std::vector<std::size_t> members) const {
    auto after = now;
    for (const std::size_t i : members) after[i].drained = true;
    return check(OrderKind::kDrain, after);
  }
  std::optional<Refusal> pin(std::size_t member) const {
    auto after = now;
    after[member].pinned = true;
    return check(OrderKind::kPin, after);
  }

 private:
  std::optional<Refusal> check(OrderKind kind, const std::vector<Observation>& after) const {
    const Decision had = decide(wide, now, memory, at(10));
    const Decision will = decide(wide, after, memory, at(10));
    return breach(wide, kind, {now, had}, {after, will});
  }
};

Trial writer() { return {wideip(), {active(epoch(3, 1), 0), standby(0)}, {}}; }
Trial servers() { return {web(MethodKind::kRoundRobin), {both(up()), both(up()), both(up())}, {}}; }

TEST(Safety, TheWriterMayNotBeDrainedUnlessNobodyNeedBeInService) {
  Trial t = writer();
  const auto refusal = t.drain({0});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->rule, Rule::kAtLeast);
  EXPECT_THAT(refusal->why, HasSubstr("it would leave nobody in service of 1, and at_least is 1"));
  EXPECT_THAT(refusal->why, HasSubstr("sitecheck switchover"));
  EXPECT_FALSE(t.drain({1}));
  t.wide.safety.at_least = 0;
  EXPECT_FALSE(t.drain({0}));
}

TEST(Safety, AHeldAnswerIsInServiceToo) {
  Trial t = writer();
  t.now = {silent(), silent()};
  t.memory.durable.answered = Answered{{id(1)}, epoch(3, 1)};
  ASSERT_TRUE(t.drain({0}));
  EXPECT_EQ(t.drain({0})->rule, Rule::kAtLeast);
}

TEST(Safety, OnlyTheOneThatHoldsTheWriterMayBePinned) {
  const Trial t = writer();
  EXPECT_FALSE(t.pin(0));
  const auto refusal = t.pin(1);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->rule, Rule::kPinUp);
  EXPECT_THAT(refusal->why, HasSubstr("site2/main does not hold the writer"));
}

TEST(Safety, AMemberThatIsNotUpMayNotBePinned) {
  Trial t = servers();
  EXPECT_FALSE(t.pin(0));
  t.now[0] = both(down());
  ASSERT_TRUE(t.pin(0));
  EXPECT_EQ(t.pin(0)->why, "a is not up");
}

TEST(Safety, AtLeastCountsMembersThatAreUpAndNotDrained) {
  Trial t = servers();
  t.wide.safety.at_least = 2;
  EXPECT_FALSE(t.drain({0}));
  ASSERT_TRUE(t.drain({0, 1}));
  EXPECT_EQ(t.drain({0, 1})->why, "it would leave 1 member in service of 3, and at_least is 2");
  t.now[2] = both(down());
  EXPECT_TRUE(t.drain({0}));
  EXPECT_TRUE(t.pin(0));  // the others would get no clients
}

TEST(Safety, WhatIsBrokenAlreadyRefusesNothingThatMakesItNoWorse) {
  Trial t = servers();
  t.wide.safety.at_least = 3;
  t.now[2] = both(down());
  EXPECT_FALSE(t.drain({2}));
  EXPECT_TRUE(t.drain({1}));
}

TEST(Safety, NeverBothRefusesTheLastOfAGroup) {
  Trial t = servers();
  t.wide.safety.never_both = {"a", "b"};
  EXPECT_FALSE(t.drain({0}));
  EXPECT_FALSE(t.drain({0, 2}));
  const auto refusal = t.drain({0, 1});
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->rule, Rule::kNeverBoth);
  EXPECT_EQ(refusal->why, "it would leave nobody of a, b in service, against never_both");
  t.now[0] = both(down());
  EXPECT_TRUE(t.drain({1}));
  EXPECT_FALSE(t.drain({0}));
  EXPECT_TRUE(servers().wide.safety.never_both.empty());
}

// A standby is not up, but it is what the group is kept for.
TEST(Safety, NeverBothOfSitesCountsAStandbyThatIsHeard) {
  Trial t = writer();
  t.wide.safety = {0, {"site1", "site2"}};
  EXPECT_FALSE(t.drain({0}));
  EXPECT_TRUE(t.drain({0, 1}));
  t.now[1] = silent();
  EXPECT_TRUE(t.drain({0}));
}

TEST(Safety, APinLeavesOutEveryOtherMemberOfTheGroup) {
  Trial t = servers();
  t.wide.safety.never_both = {"b", "c"};
  const auto refusal = t.pin(0);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->rule, Rule::kNeverBoth);
  EXPECT_FALSE(t.pin(1));
}

}  // namespace
}  // namespace decide::test
