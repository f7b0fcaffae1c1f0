// Lag by the heartbeat row: clocks of the writer only.
#include "sitecheck/core/heartbeat.h"

#include <gtest/gtest.h>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

using base::seconds;

constexpr std::uint64_t kEpoch = 5 << 8 | 1;

// A writer that beats every second, looked at every 250 ms by a host whose own clock stands elsewhere.
class Beats : public ::testing::Test {
 protected:
  static Beat row(int at_ms, std::uint64_t epoch = kEpoch) { return {epoch, milliseconds(at_ms), seconds(1)}; }
  void look_at_writer(int at_ms, int clock_ms, std::uint64_t epoch = kEpoch) {
    beats.note(row(at_ms, epoch), kThere + milliseconds(clock_ms));
  }
  // From 0 to `until_ms` of the writer's clock.
  void beat(int until_ms, std::uint64_t epoch = kEpoch) {
    for (int t = 0; t <= until_ms; t += 250) look_at_writer(t / 1000 * 1000, t, epoch);
  }
  [[nodiscard]] std::optional<std::int64_t> behind(const Beat& at) const {
    const auto lag = beats.behind(at);
    return lag ? std::optional(base::to_ms(*lag)) : std::nullopt;
  }

  static constexpr Instant kThere{base::seconds(1'000'000)};  // no reading of one clock tells the other's
  Heartbeats beats;
};

TEST_F(Beats, AReplicaWithTheNewestBeatIsNotBehind) {
  beat(10'000);
  EXPECT_EQ(behind(row(10'000)), 0);
}

TEST_F(Beats, LagIsTheAgeOfTheOldestBeatThatIsMissing) {
  beat(10'000);
  EXPECT_EQ(behind(row(9'000)), 0);  // what it lacks was written just now
  look_at_writer(10'000, 10'500);
  EXPECT_EQ(behind(row(9'000)), 500);
  EXPECT_EQ(behind(row(4'000)), 5'500);
}

TEST_F(Beats, AReplicaPolledAfterTheWriterMayBeAhead) {
  beat(10'000);
  EXPECT_EQ(behind(row(11'000)), 0);
}

TEST_F(Beats, ARowOfThePastIsNoHeartbeat) {
  EXPECT_EQ(behind(row(0)), std::nullopt);
  for (int t = 0; t < 60'000; t += 250) look_at_writer(7'000, t);  // switched off long ago
  EXPECT_EQ(behind(row(7'000)), std::nullopt);
  EXPECT_EQ(behind(row(1'000)), std::nullopt);
}

TEST_F(Beats, AWriterThatStopsBeatingTellsNoLagAnyMore) {
  beat(10'000);
  for (int t = 10'000; t <= 14'000; t += 250) look_at_writer(10'000, t);
  EXPECT_EQ(behind(row(10'000)), std::nullopt);
  look_at_writer(15'000, 15'000);
  EXPECT_EQ(behind(row(10'000)), 4'000);
}

TEST_F(Beats, WhatWasKnownAtLastContactStays) {
  beat(10'000);
  // Nobody looks at the writer any more: hours later the same is known.
  EXPECT_EQ(behind(row(10'000)), 0);
  EXPECT_EQ(behind(row(4'000)), 5'000);
}

TEST_F(Beats, ANodeWithoutABeatOfThisWriterIsBehindSinceItsFirst) {
  beat(5'000);
  const std::uint64_t next = 6 << 8 | 2;  // another host's clock: far behind the first one's
  for (int t = 6'000; t <= 16'000; t += 250) look_at_writer((t - 6'000) / 1000 * 1000, t, next);
  EXPECT_EQ(behind(row(5'000)), 10'000);
  EXPECT_EQ(behind({}), 10'000);
  EXPECT_EQ(behind(row(10'000, next)), 0);
}

TEST_F(Beats, AnOldWriterThatIsStillOpenIsNotHeard) {
  beat(5'000);
  look_at_writer(900'000, 5'100, 4 << 8 | 2);
  EXPECT_EQ(behind(row(5'000)), 0);
}

Bench beating() {
  Bench b;
  b.config.pools.front().heartbeat = seconds(1);
  return b;
}

TEST(Heartbeat, TheWriterBeatsAtItsIntervalWithinItsPermitAndNobodyElseDoes) {
  Bench b = beating();
  b.start();
  while (b.state() != State::kActive) b.run_ms(10);
  EXPECT_TRUE(b.all<WriteBeat>().empty());
  b.run(seconds(10));
  const auto beats = b.all<WriteBeat>();
  ASSERT_GE(beats.size(), 9U);
  EXPECT_LE(beats.size(), 11U);
  for (const auto& beat : beats) {
    EXPECT_EQ(beat.epoch, b.view().epoch);
    EXPECT_LT(beat.at, beat.deadline);
    EXPECT_EQ(beat.every, seconds(1));
  }
}

TEST(Heartbeat, IsNotWrittenOnceAFenceBegan) {
  Bench b = beating();
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(seconds(3));
  b.peer_speaks = b.quorum = false;
  b.fence_answers = false;
  ASSERT_TRUE(b.reach(State::kFencing));
  const auto before = b.all<WriteBeat>().size();
  b.run(seconds(5));
  EXPECT_EQ(b.all<WriteBeat>().size(), before);
}

TEST(Heartbeat, IsNotWrittenAtANodeThatWasFoundClosed) {
  Bench b = beating();
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(seconds(3));
  const auto before = b.all<WriteBeat>().size();
  NodePolled closed;
  closed.read_only = true;
  closed.write = WriteProbe::kReadOnly;
  closed.gtid = b.gtid;
  b.give(closed);
  b.now += seconds(2);
  b.give(closed);
  EXPECT_EQ(b.all<WriteBeat>().size(), before);
}

TEST(Heartbeat, OffMeansNone) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(seconds(5));
  EXPECT_TRUE(b.all<WriteBeat>().empty());
}

}  // namespace

}  // namespace core::testing
