#include "ecv/vote.h"

#include <gtest/gtest.h>

namespace ecv {

namespace {

using base::milliseconds;
using Verdict = Vote::Verdict;

constexpr auto kWait = milliseconds(2800);
constexpr base::Instant kBoot{base::seconds(100)};
constexpr auto kCalm = kBoot + kWait;  // the moratorium is over

// What each site would hear at each moment, and what is promised, is the same for both.
void expect_same(const Vote& one, const Vote& other, base::Instant from) {
  EXPECT_EQ(one.until(), other.until());
  for (auto at = from; at < from + 2 * kWait; at += milliseconds(50)) {
    EXPECT_EQ(one.holder(at), other.holder(at));
    for (const auto* site : {"a", "b", "c"}) {
      Vote first = one;
      Vote second = other;
      EXPECT_EQ(first.ask(site, kWait, at), second.ask(site, kWait, at)) << site;
      EXPECT_EQ(first.until(), second.until());
    }
  }
}

}  // namespace

TEST(Vote, GrantsNobodyForTGrantAfterTheBoot) {
  Vote v(kBoot);
  EXPECT_EQ(v.ask("a", kWait, kBoot), Verdict::kMoratorium);
  EXPECT_EQ(v.ask("a", kWait, kCalm - milliseconds(1)), Verdict::kMoratorium);
  EXPECT_EQ(v.holder(kBoot), "");
  EXPECT_EQ(v.ask("a", kWait, kCalm), Verdict::kGranted);
}

TEST(Vote, IsPromisedFromTheReceiptOfTheLastRequest) {
  Vote v(kBoot);
  EXPECT_EQ(v.ask("a", kWait, kCalm), Verdict::kGranted);
  EXPECT_EQ(v.ask("a", kWait, kCalm + milliseconds(250)), Verdict::kGranted);
  EXPECT_EQ(v.ask("b", kWait, kCalm + kWait + milliseconds(249)), Verdict::kHeld);
  EXPECT_EQ(v.holder(kCalm + kWait + milliseconds(249)), "a");
  EXPECT_EQ(v.ask("b", kWait, kCalm + kWait + milliseconds(250)), Verdict::kGranted);
  EXPECT_EQ(v.ask("a", kWait, kCalm + kWait + milliseconds(251)), Verdict::kHeld);
}

TEST(Vote, AShorterTGrantDoesNotShortenAPromise) {
  Vote v(kBoot);
  ASSERT_EQ(v.ask("a", kWait, kCalm), Verdict::kGranted);
  ASSERT_EQ(v.ask("a", milliseconds(10), kCalm + milliseconds(1)), Verdict::kGranted);
  EXPECT_EQ(v.ask("b", milliseconds(10), kCalm + milliseconds(100)), Verdict::kHeld);
}

TEST(Vote, OnlyTheHolderGivesItBack) {
  Vote v(kBoot);
  ASSERT_EQ(v.ask("a", kWait, kCalm), Verdict::kGranted);
  v.release("b");
  v.release("");
  EXPECT_EQ(v.ask("b", kWait, kCalm), Verdict::kHeld);
  v.release("a");
  EXPECT_EQ(v.holder(kCalm), "");
  EXPECT_EQ(v.ask("b", kWait, kCalm), Verdict::kGranted);
}

TEST(Vote, AReleaseDoesNotEndTheMoratorium) {
  Vote v(kBoot);
  v.release("a");
  v.release("");
  EXPECT_EQ(v.ask("a", kWait, kBoot + milliseconds(1)), Verdict::kMoratorium);
}

// Rule 5: what an earlier process promised is not known, so nobody can give it back.
TEST(Vote, AReleaseDuringTheMoratoriumChangesNothing) {
  Vote released(kBoot);
  const Vote untouched(kBoot);
  for (const auto* site : {"a", "b", ""}) {
    released.release(site);
    expect_same(released, untouched, kBoot);
  }
}

// Nor while it is promised to another, nor again once it was given back and on.
TEST(Vote, AReleaseWhilePromisedToAnotherChangesNothing) {
  Vote untouched(kBoot);
  ASSERT_EQ(untouched.ask("a", kWait, kCalm), Verdict::kGranted);
  untouched.release("a");
  ASSERT_EQ(untouched.ask("b", kWait, kCalm + milliseconds(1)), Verdict::kGranted);
  Vote released = untouched;
  for (const auto* site : {"a", "c", "", "B", "b "}) {
    released.release(site);
    expect_same(released, untouched, kCalm + milliseconds(1));
  }
  Vote resumed(kBoot);
  resumed.resume("b", kWait, kBoot);
  const Vote before = resumed;
  resumed.release("a");
  expect_same(resumed, before, kBoot);
}

TEST(Vote, AResumedHolderNeedsNoMoratorium) {
  Vote v(kBoot);
  v.resume("a", kWait, kBoot);
  EXPECT_EQ(v.ask("b", kWait, kBoot + milliseconds(1)), Verdict::kHeld);
  EXPECT_EQ(v.ask("a", kWait, kBoot + milliseconds(1)), Verdict::kGranted);
  EXPECT_EQ(v.until(), kBoot + milliseconds(1) + kWait);
}

}  // namespace ecv
