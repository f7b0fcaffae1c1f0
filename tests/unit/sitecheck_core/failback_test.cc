// `failback: auto`: the writer returns to the node of its site that comes first, once that has been well for long
// enough.
#include <gtest/gtest.h>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

using base::seconds;

constexpr base::Duration kAfter = seconds(60);

// A site whose second node writes, since the first one was away.
Bench second_writes(std::optional<base::Duration> after = kAfter, PromoteWish first = PromoteWish::kAllow) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1, first}, {"db2", true, 2}};
  b.config.pools[0].failback_after = after;
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.run(seconds(10));
  if (first == PromoteWish::kNever) return b;
  EXPECT_EQ(b.view().writer, "db1");
  b.give(Command{7, Operation::kMoveWriter, 0, 1, "ann", "new disk"});
  b.run(seconds(20));
  EXPECT_EQ(b.view().writer, "db2");
  EXPECT_EQ(b.state(), State::kActive);
  b.log.clear();
  return b;
}

}  // namespace

TEST(Failback, TheWriterReturnsOnceTheNodeThatComesFirstWasWellForSoLong) {
  Bench b = second_writes();
  const auto epoch = b.view().epoch;
  b.run(seconds(30));
  EXPECT_EQ(b.view().writer, "db2");
  b.run(seconds(40));
  EXPECT_EQ(b.view().writer, "db1");
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_GT(b.view().epoch.counter(), epoch.counter());
  b.run(seconds(200));  // and there it stays
  EXPECT_EQ(b.view().writer, "db1");
}

TEST(Failback, TheTimeBeginsAnewWhenTheNodeWasNotWell) {
  Bench b = second_writes();
  b.run(seconds(25));
  b.dead_nodes.insert(0);
  b.run(seconds(3));
  b.dead_nodes.clear();
  b.run(seconds(50));
  EXPECT_EQ(b.view().writer, "db2");
  b.run(seconds(30));
  EXPECT_EQ(b.view().writer, "db1");
}

TEST(Failback, WithoutItAPersonMovesTheWriter) {
  Bench b = second_writes(std::nullopt);
  b.run(seconds(3600));
  EXPECT_EQ(b.view().writer, "db2");
}

TEST(Failback, InModeManualNothingMovesByItself) {
  Bench b = second_writes();
  b.give(ModeSet{9, Mode::kManual, "ann", "work"});
  b.run(seconds(200));
  EXPECT_EQ(b.view().writer, "db2");
  b.give(ModeSet{9, Mode::kActive, "ann", "work"});
  b.run(seconds(50));
  EXPECT_EQ(b.view().writer, "db2");  // what was waited for in manual does not count
  b.run(seconds(20));
  EXPECT_EQ(b.view().writer, "db1");
}

TEST(Failback, ANodeThatNeverWritesAndOneThatComesLaterAreNotReturnedTo) {
  Bench b = second_writes(kAfter, PromoteWish::kNever);
  EXPECT_EQ(b.view().writer, "db2");
  b.run(seconds(200));
  EXPECT_EQ(b.view().writer, "db2");
}

TEST(Failback, WhatDoesNotCatchUpIsTriedAgainOnlyAfterAsLong) {
  Bench b = second_writes();
  // It replicates, but always lacks the last transaction: the writes stop, it is waited for, they go on.
  for (int i = 0; i < 600; ++i) {
    if (b.state() == State::kActive) {
      b.gtids[0] = "0-1-" + std::to_string(10 + i / 10);
      b.gtid = "0-1-" + std::to_string(11 + i / 10);
    }
    b.run_ms(100);
  }
  EXPECT_EQ(b.view().writer, "db2");
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.count(Counter::kSwitchoverGivenUp), 1U);
  b.gtids[0] = b.gtid;
  b.run(seconds(20));
  EXPECT_EQ(b.view().writer, "db2");
  b.run(seconds(40));
  EXPECT_EQ(b.view().writer, "db1");
}

}  // namespace core::testing
