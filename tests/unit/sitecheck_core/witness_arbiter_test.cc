// Mode B (protocol.md sections 1 and 2): a majority of votes.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sitecheck_core/cluster.h"

namespace core::testing {

namespace {

using base::milliseconds;
using base::seconds;

Cluster running(int sites, int witnesses) {
  Cluster c(ArbiterKind::kWitness, sites, witnesses);
  c.start();
  EXPECT_EQ(c.writer(), 0);
  c.run(seconds(4));
  return c;
}

}  // namespace

TEST(Witness, TheFirstWriterComesAfterTheMoratorium) {
  Cluster c(ArbiterKind::kWitness, 2, 1);
  c.start();
  const auto begin = c.now;
  ASSERT_EQ(c.writer(), 0);
  EXPECT_GE(c.now - begin, c.members[0].config.timing.grant_wait);
  EXPECT_LE(c.now - begin, c.members[0].config.timing.grant_wait + seconds(1));
  EXPECT_EQ(c.count(0, Counter::kPromotionByVotes), 1U);
  c.run(seconds(60));
  EXPECT_EQ(c.state(0), State::kActive);
  EXPECT_EQ(c.state(1), State::kStandby);
  EXPECT_EQ(c.view(0).fences, 0U);
}

TEST(Witness, ALostWriterIsFollowedAfterTGrant) {
  Cluster c = running(2, 1);
  c.lose(0);
  const auto lost = c.now;
  ASSERT_TRUE(c.reach(1, State::kActive));
  EXPECT_GE(c.now - lost, c.members[0].config.timing.grant_wait - milliseconds(300));
  EXPECT_LE(c.now - lost, c.members[0].config.timing.grant_wait + seconds(1));
  EXPECT_FALSE(c.overlap());
}

TEST(Witness, AConfirmedFenceGivesTheVotesBackAndNobodyWaits) {
  Cluster c = running(2, 1);
  c.members[0].database = false;
  ASSERT_TRUE(c.reach(0, State::kFenced));
  const auto fenced = c.now;
  ASSERT_TRUE(c.reach(1, State::kActive));
  EXPECT_LE(c.now - fenced, milliseconds(500));
  EXPECT_GE(c.count(1, Counter::kVoteGivenBack), 1U);
  EXPECT_FALSE(c.overlap());
}

TEST(Witness, LosingTheStandbyOrTheWitnessDoesNotFenceTheWriter) {
  Cluster c = running(2, 1);
  c.lose(1);
  c.run(seconds(10));
  EXPECT_EQ(c.state(0), State::kActive);
  c.members[1].database = true;
  c.restart(1);
  c.run(seconds(5));
  c.lose_witness(0);
  c.run(seconds(10));
  EXPECT_EQ(c.state(0), State::kActive);
  EXPECT_EQ(c.view(0).fences, 0U);
}

TEST(Witness, AWriterInTheMinorityFencesAndTheMajorityPromotesOnlyAfterwards) {
  Cluster c = running(2, 1);
  for (const auto* other : {"site2", "w1"}) c.cut_both("site1", other);
  ASSERT_TRUE(c.reach(1, State::kActive));
  EXPECT_FALSE(c.writable(0));
  EXPECT_FALSE(c.overlap());
  c.run(seconds(5));
  c.heal();
  c.run(seconds(20));
  EXPECT_EQ(c.state(1), State::kActive);
  EXPECT_EQ(c.state(0), State::kStandby);
  EXPECT_EQ(c.members[0].follows, "site2");
}

TEST(Witness, WithoutTheLinkBetweenTheSitesTheWriterStays) {
  Cluster c = running(2, 1);
  c.cut_both("site1", "site2");
  c.run(seconds(30));
  EXPECT_EQ(c.state(0), State::kActive);
  EXPECT_EQ(c.state(1), State::kStandby);
  EXPECT_EQ(c.view(0).fences, 0U);
}

TEST(Witness, WithoutAMajorityNobodyWrites) {
  Cluster c = running(2, 1);
  c.lose_witness(0);
  c.cut_both("site1", "site2");
  c.run(seconds(10));
  EXPECT_NE(c.state(0), State::kActive);
  EXPECT_NE(c.state(1), State::kActive);
  EXPECT_FALSE(c.writable(0));
}

TEST(Witness, ThreeSitesNeedNoWitness) {
  Cluster c = running(3, 0);
  c.lose(0);
  ASSERT_TRUE(c.reach(1, State::kActive));
  c.run(seconds(5));
  EXPECT_EQ(c.state(2), State::kStandby);
  EXPECT_EQ(c.view(1).arbiter.quorum, 2);
  EXPECT_EQ(c.view(1).peers.size(), 2U);
  EXPECT_EQ(c.members[2].follows, "site2");  // not the lost one, though its replication never stopped trying
  EXPECT_FALSE(c.overlap());
}

TEST(Witness, SitesThatHearEachOtherInARingDoNotFloodEachOther) {
  Cluster c = running(4, 0);
  for (const auto& [from, to] : {std::pair{"site3", "site2"}, {"site4", "site3"}, {"site2", "site4"}}) c.cut(from, to);
  for (const int i : {1, 2, 3}) c.restart(i);
  c.run(seconds(2));
  const auto turns = static_cast<std::uint64_t>(seconds(2) / c.members[0].config.timing.interval);
  for (const auto& [from, to] : {std::pair{"site2", "site3"}, {"site3", "site4"}, {"site4", "site2"}}) {
    EXPECT_LT(c.said(from, to).seq, 4 * turns) << from;
  }
}

TEST(Witness, OfSeveralStandbysTheOneThatHoldsMostBecomesTheWriter) {
  Cluster c = running(3, 0);
  c.members[0].gtid = c.members[2].gtid = "0-1-20";
  c.members[1].gtid = "0-1-19";
  c.run(seconds(1));
  c.lose(0);
  ASSERT_TRUE(c.reach(2, State::kActive));
  EXPECT_NE(c.state(1), State::kActive);
}

TEST(Witness, APoolWithoutNodesVotesOnly) {
  Cluster c(ArbiterKind::kWitness, 3, 0);
  c.members[2].config.pools[0].nodes.clear();
  c.members[2].loaded = {};
  c.start();
  ASSERT_EQ(c.writer(), 0);
  c.lose(0);
  ASSERT_TRUE(c.reach(1, State::kActive));
  EXPECT_EQ(c.state(2), State::kStandby);
  EXPECT_FALSE(c.view(2).eligible);
}

TEST(Witness, ARestartWithinTheLeaseKeepsTheWriter) {
  Cluster c = running(2, 1);
  c.crash(0);
  c.run(milliseconds(700));
  c.restart(0);
  EXPECT_EQ(c.state(0), State::kActive);
  c.lose(1);  // its own vote is still its own
  c.run(seconds(10));
  EXPECT_EQ(c.state(0), State::kActive);
  EXPECT_EQ(c.count(0, Counter::kResumed), 1U);
}

TEST(Witness, ARestartedVoterGrantsNobodyForTGrant) {
  Cluster c = running(2, 1);
  c.cut_both("site1", "site2");
  c.run(seconds(1));
  c.crash(1);
  c.restart(1);
  const auto booted = c.now;
  c.lose(0);
  ASSERT_TRUE(c.reach(1, State::kActive));
  EXPECT_GE(c.now - booted, c.members[0].config.timing.grant_wait);
}

TEST(Witness, AReplacedWitnessCannotBeVotedWithTwice) {
  Cluster c = running(2, 1);
  c.cut_both("site1", "site2");
  c.run(seconds(1));
  c.restart_witness(0);
  c.cut_both("site1", "w1");
  c.run(seconds(10));
  EXPECT_FALSE(c.overlap());
  EXPECT_EQ(c.state(1), State::kActive);
}

TEST(Witness, HoldWaitsForAPersonWhoNeedsTheVotesToo) {
  Cluster c(ArbiterKind::kWitness, 2, 1);
  for (auto& m : c.members) m.config.promote_on_silence = false;
  c.start();
  ASSERT_EQ(c.writer(), 0);
  c.run(seconds(4));
  c.lose(0);
  c.run(seconds(10));
  EXPECT_EQ(c.state(1), State::kStandby);
  EXPECT_GE(c.count(1, Counter::kHoldInhibit), 1U);
  c.command(1, Operation::kPromoteForce);
  EXPECT_TRUE(c.reach(1, State::kActive, seconds(2)));
}

TEST(Witness, ASwitchoverReachesItsTargetAndNoOther) {
  Cluster c = running(3, 0);
  c.command(0, Operation::kSwitchover, "site3");
  ASSERT_TRUE(c.reach(2, State::kActive, seconds(5)));
  EXPECT_EQ(c.count(1, Counter::kPromotionByVotes), 0U);
  c.run(seconds(5));
  EXPECT_EQ(c.state(0), State::kStandby);
  ASSERT_FALSE(c.members[0].replies.empty());
  EXPECT_TRUE(c.members[0].replies.back().ok) << c.members[0].replies.back().message;
  EXPECT_FALSE(c.overlap());
}

// Rule 15 lets the others go first, by their ids; rule 12 makes them wait.
TEST(Witness, TheTargetOfASwitchoverStandsAtOnceThoughOthersHaveLowerIds) {
  Cluster c = running(4, 1);
  c.command(0, Operation::kSwitchover, "site4");
  EXPECT_TRUE(c.reach(3, State::kActive, milliseconds(1500)));
  EXPECT_EQ(c.count(1, Counter::kPromotionByVotes) + c.count(2, Counter::kPromotionByVotes), 0U);
  EXPECT_FALSE(c.overlap());
}

TEST(Witness, AnotherConfigurationMakesNoWriterButKeepsOne) {
  Cluster c = running(2, 1);
  c.members[1].config.timing.grant_wait += milliseconds(100);
  c.crash(1);
  c.restart(1);
  c.run(seconds(10));
  EXPECT_EQ(c.state(0), State::kActive);
  c.lose(0);
  ASSERT_TRUE(c.reach(1, State::kActive, seconds(10)));  // site1 is silent: nothing differs any more at the witness
}

TEST(Witness, ABlockedSiteThatHearsARivalWithItsVotesDoesNotPromote) {
  Cluster c(ArbiterKind::kWitness, 3, 0);
  for (auto& m : c.members) m.config.pools[0].anti_flap.max_per_hour = 1;
  c.start();
  ASSERT_EQ(c.writer(), 0);
  c.run(seconds(4));
  c.cut_both("site1", "*");  // it fences, and is the only one that it hears of
  for (const auto* other : {"site2", "site3"}) c.cut(other, "*");
  c.run(seconds(8));
  c.heal();
  ASSERT_GE(c.writer(seconds(10)), 1);  // anti_flap: it is not the only eligible site any more
  EXPECT_FALSE(c.overlap());
}

// Found by the simulator: a site with the old, shorter times promised its vote for those only.
TEST(Witness, AVoteLastsAsLongAsTheHolderCountsOnThoughTheVoterHasOtherTimes) {
  Cluster c = running(2, 1);
  c.cut("w1", "site1");  // the writer lives on the vote of the other site
  c.run(seconds(1));
  c.crash(0);
  c.members[0].config.timing.lease *= 2;
  c.members[0].config.timing.grant_wait *= 2;
  c.restart(0);
  ASSERT_EQ(c.state(0), State::kActive);
  c.run(seconds(1));
  c.cut("site1", "*");
  c.run(seconds(20));
  EXPECT_FALSE(c.overlap());
  EXPECT_EQ(c.state(1), State::kActive);
}

TEST(Witness, TheAssumptionOfModeAIsNotNeeded) {
  Cluster c = running(2, 1);
  EXPECT_EQ(c.members[0].site->assumption(c.now).state, "not needed");
}

TEST(Witness, StatusNamesEveryVoter) {
  Cluster c = running(2, 1);
  const auto v = c.view(0).arbiter;
  EXPECT_EQ(v.kind, "witness");
  EXPECT_EQ(v.source, "votes");
  EXPECT_EQ(v.vote_holder, "site1");
  ASSERT_EQ(v.voters.size(), 3U);
  for (const auto& voter : v.voters) EXPECT_EQ(voter.answer, "granted") << voter.name;
  EXPECT_TRUE(v.voters[2].witness);
}

}  // namespace core::testing
