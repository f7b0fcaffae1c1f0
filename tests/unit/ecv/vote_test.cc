#include "ecv/vote.h"

#include <gtest/gtest.h>

namespace ecv {

namespace {

using base::milliseconds;
using Verdict = Vote::Verdict;

constexpr auto kWait = milliseconds(2800);
constexpr base::Instant kBoot{base::seconds(100)};
constexpr auto kCalm = kBoot + kWait;  // the moratorium is over

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

TEST(Vote, AResumedHolderNeedsNoMoratorium) {
  Vote v(kBoot);
  v.resume("a", kWait, kBoot);
  EXPECT_EQ(v.ask("b", kWait, kBoot + milliseconds(1)), Verdict::kHeld);
  EXPECT_EQ(v.ask("a", kWait, kBoot + milliseconds(1)), Verdict::kGranted);
  EXPECT_EQ(v.until(), kBoot + milliseconds(1) + kWait);
}

}  // namespace ecv
