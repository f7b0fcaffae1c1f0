#include <gtest/gtest.h>

#include "scenario.h"

namespace decide::test {
namespace {

TEST(ActiveWriter, AnswersTheOneLiveClaim) {
  Story s;
  const Decision d = s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  EXPECT_EQ(d.outcome, Outcome::kAnswer);
  EXPECT_EQ(d.addresses, only(1));
  EXPECT_EQ(d.epoch, epoch(3, 1));
  EXPECT_EQ(d.reason, Reason::kClaim);
  EXPECT_EQ(d.verdicts[0].value, Value::kUp);
  EXPECT_EQ(d.verdicts[1].value, Value::kDown);
  EXPECT_TRUE(d.persist);
  EXPECT_FALSE(d.flipped);
}

TEST(ActiveWriter, EveryStateButActiveIsDown) {
  using enum ecv::PoolState;
  for (const auto state : {kInit, kStandby, kPromoting, kDraining, kFencing, kFenced, kQuarantined, kMaint}) {
    Story s;
    const Decision d = s.decide({says(state, epoch(3, 1), 0, 2000), silent()}, 1);
    EXPECT_EQ(d.outcome, Outcome::kServfail) << ecv::name(state);
    EXPECT_EQ(d.verdicts[0].value, Value::kDown);
    EXPECT_FALSE(d.persist);
  }
}

// protocol.md section 3: lease left after ageing from the request's send, not from the answer's receipt.
TEST(ActiveWriter, LeaseIsAgedFromTheSendOfTheRequest) {
  Story s;
  Observation late = active(epoch(3, 1), 0, 2000);
  late.claim->asked = at(-1500);
  EXPECT_EQ(s.decide({late, silent()}, 499).reason, Reason::kClaim);
  EXPECT_EQ(s.decide({late, silent()}, 500).reason, Reason::kHeld);
  EXPECT_EQ(s.decide({late, silent()}, 500).verdicts[0].ground, Ground::kLeaseOver);
}

TEST(ActiveWriter, AClaimWhoseLeaseIsOverFlipsNothing) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  const Decision d = s.decide({standby(20), active(epoch(4, 2), 20, 0)}, 30);
  EXPECT_EQ(d.addresses, only(1));
  EXPECT_EQ(d.reason, Reason::kHeld);
  EXPECT_EQ(s.memory.durable.highest, epoch(3, 1));
}

TEST(ActiveWriter, OfTwoLiveClaimsTheHigherCounterWins) {
  Story s;
  const Decision d = s.decide({active(epoch(3, 1), 0), active(epoch(4, 2), 0)}, 10);
  EXPECT_EQ(d.addresses, only(2));
  EXPECT_EQ(d.reason, Reason::kHighest);
  EXPECT_EQ(d.verdicts[0].ground, Ground::kOutranked);
  EXPECT_EQ(d.verdicts[1].value, Value::kUp);
}

TEST(ActiveWriter, CountersAreComparedNotWholeEpochs) {
  Story s;
  const Decision d = s.decide({active(epoch(4, 1), 0), active(epoch(4, 200), 0)}, 10);
  EXPECT_EQ(d.verdicts[0].value, Value::kConflict);
  EXPECT_EQ(d.verdicts[1].value, Value::kConflict);
}

TEST(ActiveWriter, SameCounterFromTwoSitesHoldsTheLastAnswerAndAlarms) {
  Story s;
  (void)s.decide({active(epoch(3, 1), 0), standby(0)}, 10);
  for (int t = 20; t < 1'000'000; t += 100'000) {
    const Decision d = s.decide({active(epoch(4, 1), t), active(epoch(4, 2), t)}, t + 1);
    EXPECT_EQ(d.addresses, only(1));
    EXPECT_EQ(d.reason, Reason::kConflict);
    EXPECT_TRUE(d.alarm());
    EXPECT_TRUE(d.stale);
    EXPECT_EQ(d.epoch, epoch(3, 1));
    EXPECT_FALSE(d.persist);
  }
}

TEST(ActiveWriter, AConflictWithNothingToHoldAnswersNeither) {
  Story s;
  const Decision d = s.decide({active(epoch(4, 1), 0), active(epoch(4, 2), 0)}, 1);
  EXPECT_EQ(d.outcome, Outcome::kServfail);
  EXPECT_TRUE(d.addresses.empty());
  EXPECT_EQ(d.reason, Reason::kConflictNone);
  EXPECT_TRUE(d.alarm());
}

TEST(ActiveWriter, AHigherThirdClaimEndsAConflict) {
  Story s{wideip(3), {}};
  const Decision d = s.decide({active(epoch(4, 1), 0), active(epoch(4, 2), 0), active(epoch(5, 3), 0)}, 1);
  EXPECT_EQ(d.addresses, only(3));
  EXPECT_FALSE(d.alarm());
}

TEST(ActiveWriter, ACounterBelowTheHighestAcceptedIsVoid) {
  Story s;
  (void)s.decide({standby(0), active(epoch(7, 2), 0)}, 1);
  const Decision d = s.decide({active(epoch(6, 1), 5000), silent()}, 5001);
  EXPECT_EQ(d.addresses, only(2));
  EXPECT_EQ(d.reason, Reason::kHeld);
  EXPECT_EQ(d.verdicts[0].ground, Ground::kVoid);
}

TEST(ActiveWriter, ACounterEqualToTheHighestAcceptedIsGood) {
  Story s;
  (void)s.decide({active(epoch(7, 1), 0), silent()}, 1);
  EXPECT_EQ(s.decide({active(epoch(7, 1), 5000), silent()}, 5001).reason, Reason::kClaim);
}

TEST(ActiveWriter, AClaimWithoutAnEpochIsVoid) {
  Story s;
  const Decision d = s.decide({active({}, 0), silent()}, 1);
  EXPECT_EQ(d.verdicts[0].ground, Ground::kVoid);
  EXPECT_EQ(d.outcome, Outcome::kServfail);
}

// protocol.md section 3: an epoch further ahead than 2^20 is refused and alarmed.
TEST(ActiveWriter, ALeapOfTheCounterIsRefusedAndAlarmed) {
  Story s;
  (void)s.decide({active(epoch(7, 1), 0), silent()}, 1);
  const Decision over = s.decide({standby(10), active(epoch(7 + kEpochLeap + 1, 2), 10)}, 11);
  EXPECT_EQ(over.addresses, only(1));
  EXPECT_EQ(over.verdicts[1].ground, Ground::kLeap);
  EXPECT_TRUE(over.alarm());
  EXPECT_EQ(s.memory.durable.highest, epoch(7, 1));
  EXPECT_EQ(s.decide({standby(10), active(epoch(7 + kEpochLeap, 2), 10)}, 12).addresses, only(2));
}

// Mode C: the counter is a revision of an etcd, which everybody who writes to that etcd drives.
TEST(ActiveWriter, ARevisionOfAnEtcdMayLeapFartherButNotOutOfTheWorld) {
  const auto by_etcd = [](std::uint64_t counter, std::int64_t heard_ms) {
    auto out = active(epoch(counter, 2), heard_ms);
    out.claim->revisions = true;
    return out;
  };
  Story s;
  (void)s.decide({active(epoch(7, 1), 0), silent()}, 1);
  const Decision over = s.decide({standby(10), by_etcd(7 + kRevisionLeap + 1, 10)}, 11);
  EXPECT_EQ(over.verdicts[1].ground, Ground::kLeap);
  EXPECT_TRUE(over.alarm());
  EXPECT_EQ(s.decide({standby(10), by_etcd(7 + kEpochLeap + 1, 10)}, 12).addresses, only(2));
}

TEST(ActiveWriter, TheFirstEpochEverMayBeAnyNumber) {
  Story s;
  EXPECT_EQ(s.decide({active(epoch(std::uint64_t{1} << 40, 1), 0), silent()}, 1).addresses, only(1));
}

TEST(ActiveWriter, NeverHeardAndLongUnheardAreSilent) {
  Story s;
  const Decision fresh = s.decide({standby(0), silent()}, 999);
  EXPECT_EQ(fresh.verdicts[0].value, Value::kDown);
  EXPECT_EQ(fresh.verdicts[1].ground, Ground::kNeverHeard);
  EXPECT_EQ(fresh.next, at(1000));
  const Decision old = s.decide({standby(0), silent()}, 1000);
  EXPECT_EQ(old.verdicts[0].ground, Ground::kUnheard);
}

TEST(ActiveWriter, AMemberWithIPv4OnlyGivesIPv4Only) {
  Story s;
  s.wide.members[1].addresses.push_back(*base::IpAddress::parse("2001:db8::11"));
  EXPECT_EQ(s.decide({active(epoch(1, 1), 0), standby(0)}, 1).addresses, only(1));
  EXPECT_EQ(s.decide({standby(2), active(epoch(2, 2), 2)}, 3).addresses.size(), 2U);
}

}  // namespace
}  // namespace decide::test
