// Mode C, the client's side (protocol.md sections 1 and 4).
#include <gtest/gtest.h>

#include "tests/unit/sitecheck_core/cluster.h"

namespace core::testing {

namespace {

using base::milliseconds;
using base::seconds;

Cluster running(int sites = 2) {
  Cluster c(ArbiterKind::kEtcd, sites, 0);
  c.start();
  EXPECT_EQ(c.writer(), 0);
  c.run(seconds(4));
  return c;
}

// FENCED is passed in one step when the node is well.
bool fenced(Cluster& c, int i) {
  const auto end = c.now + seconds(10);
  while (c.now < end && (c.writable(i) || c.state(i) == State::kActive)) c.run_ms(1);
  return !c.writable(i) && c.view(i).fences == 1;
}

template <typename T>
std::vector<T> all(const Cluster& c, int i) {
  std::vector<T> out;
  for (const auto& action : c.members[static_cast<std::size_t>(i)].log) {
    if (const auto* found = std::get_if<T>(&action)) out.push_back(*found);
  }
  return out;
}

}  // namespace

TEST(Etcd, TheFirstToMakeTheKeyWritesWithItsRevisionAsCounter) {
  Cluster c(ArbiterKind::kEtcd, 2, 0);
  c.start();
  const auto begin = c.now;
  ASSERT_EQ(c.writer(), 0);
  EXPECT_LE(c.now - begin, seconds(2));  // no moratorium: etcd knows
  EXPECT_EQ(c.view(0).epoch.counter(), c.etcd.create_revision);
  EXPECT_EQ(c.count(0, Counter::kPromotionByEtcd), 1U);
  c.run(seconds(60));
  EXPECT_EQ(c.state(0), State::kActive);
  EXPECT_EQ(c.state(1), State::kStandby);
  EXPECT_EQ(c.view(0).fences, 0U);
}

TEST(Etcd, TheLeaseCountsFromTheSendOfTheCampaignAndOfEachKeepalive) {
  Cluster c(ArbiterKind::kEtcd, 2, 0);
  c.delay = milliseconds(100);
  c.start();
  ASSERT_TRUE(c.reach(0, State::kPromoting));
  // 200 ms there and back, and the steps of 10 ms at which the bench looks.
  EXPECT_LE(*c.view(0).permit - c.now, c.members[0].config.timing.lease - milliseconds(190));
  c.run(seconds(10));
  ASSERT_EQ(c.state(0), State::kActive);
  EXPECT_LE(*c.view(0).permit - c.now, c.members[0].config.timing.lease - milliseconds(190));
}

TEST(Etcd, ALostWriterIsFollowedWhenItsLeaseHasEnded) {
  Cluster c = running();
  c.lose(0);
  const auto lost = c.now;
  ASSERT_TRUE(c.reach(1, State::kActive));
  EXPECT_GE(c.now - lost, c.members[0].config.timing.etcd_ttl - seconds(1));
  EXPECT_LE(c.now - lost, c.members[0].config.timing.etcd_ttl + seconds(1));
  EXPECT_FALSE(c.overlap());
}

TEST(Etcd, AConfirmedFenceRevokesTheLeaseAndNobodyWaits) {
  Cluster c = running();
  c.members[0].database = false;
  ASSERT_TRUE(c.reach(0, State::kFenced));
  const auto fenced = c.now;
  ASSERT_TRUE(c.reach(1, State::kActive));
  EXPECT_LE(c.now - fenced, milliseconds(600));
  EXPECT_EQ(all<EtcdRelease>(c, 0).size(), 1U);
  EXPECT_FALSE(c.overlap());
}

TEST(Etcd, WithoutEtcdTheWriterFencesAtLHoldAndNobodyWrites) {
  Cluster c = running();
  c.cut("*", "etcd");
  const auto cut = c.now;
  ASSERT_TRUE(fenced(c, 0));
  EXPECT_LE(c.now - cut, c.members[0].config.timing.lease + milliseconds(100));
  c.run(seconds(10));
  EXPECT_EQ(c.state(1), State::kStandby);
  EXPECT_FALSE(c.view(1).alarms.empty());
  c.heal();
  EXPECT_GE(c.writer(seconds(15)), 0);
}

TEST(Etcd, AnEtcdThatAnswersGarbageIsAnEtcdThatIsDown) {
  Cluster c = running();
  c.etcd.garbage = true;
  ASSERT_TRUE(fenced(c, 0));
  EXPECT_EQ(c.count(0, Counter::kFenceExpired), 1U);
}

TEST(Etcd, ALostLeaseFencesAtOnce) {
  Cluster c = running();
  c.etcd.lease = 0;  // somebody revoked it
  const auto since = c.now;
  ASSERT_TRUE(fenced(c, 0));
  EXPECT_LE(c.now - since, milliseconds(400));
}

TEST(Etcd, AnotherOwnerFencesUnlessTheNewsIsOld) {
  Cluster c = running();
  c.give(0, EtcdWatched{0, true, {"site2", c.etcd.create_revision - 1}, ""});
  EXPECT_EQ(c.state(0), State::kActive);
  c.give(0, EtcdWatched{0, true, {"", 0}, ""});
  EXPECT_EQ(c.state(0), State::kActive);
  c.give(0, EtcdWatched{0, true, {"site2", c.etcd.create_revision + 1}, ""});
  EXPECT_EQ(c.state(0), State::kFencing);
}

TEST(Etcd, ARestartWithinTheLeaseGoesOnWithIt) {
  Cluster c = running();
  const auto lease = c.view(0).arbiter.lease_id;
  ASSERT_NE(lease, 0);
  c.crash(0);
  c.run(milliseconds(700));
  c.restart(0);
  EXPECT_EQ(c.state(0), State::kActive);
  c.run(seconds(10));
  EXPECT_EQ(c.state(0), State::kActive);
  EXPECT_EQ(c.view(0).arbiter.lease_id, lease);
  EXPECT_EQ(all<EtcdCampaign>(c, 0).size(), 1U);
}

TEST(Etcd, ARebuiltEtcdDoesNotTurnTheCounterBack) {
  Cluster c = running();
  const auto before = c.view(0).epoch;
  c.etcd = Cluster::Etcd{};
  c.etcd.revision = 1;
  ASSERT_TRUE(fenced(c, 0));
  c.run(seconds(10));
  const int writer = c.writer();
  ASSERT_GE(writer, 0);
  EXPECT_GT(c.view(writer).epoch.counter(), before.counter());
  EXPECT_FALSE(c.overlap());
}

TEST(Etcd, ARevisionFarAheadIsNoEpochFromTheFuture) {
  Cluster c(ArbiterKind::kEtcd, 2, 0);
  c.etcd.revision = 50'000'000;
  c.start();
  ASSERT_EQ(c.writer(), 0);
  c.run(seconds(2));
  EXPECT_EQ(c.view(1).max_epoch_seen.counter(), c.view(0).epoch.counter());
  EXPECT_TRUE(c.view(1).alarms.empty());
}

TEST(Etcd, APromotionThatFailsGivesTheLeaseBack) {
  Cluster c = running();
  c.lose(0);
  c.members[1].database = true;
  ASSERT_TRUE(c.reach(1, State::kPromoting));
  c.members[1].database = false;
  c.run(milliseconds(200));
  EXPECT_NE(c.state(1), State::kActive);
  c.run(seconds(2));
  EXPECT_GE(all<EtcdRelease>(c, 1).size(), 1U);
  EXPECT_EQ(c.etcd.owner, "");
}

TEST(Etcd, ACampaignThatWinsAfterItWasGivenUpIsGivenBack) {
  Cluster c(ArbiterKind::kEtcd, 1, 0);
  c.delay = milliseconds(100);
  c.start();
  ASSERT_TRUE(c.reach(0, State::kCandidate));
  Command offline;
  offline.operation = Operation::kSetOffline;
  offline.node = 0;
  c.give(0, offline);
  EXPECT_EQ(c.state(0), State::kMaint);
  c.run(seconds(1));
  EXPECT_EQ(c.state(0), State::kMaint);
  EXPECT_EQ(all<EtcdRelease>(c, 0).size(), 1U);
  EXPECT_EQ(c.etcd.owner, "");
}

TEST(Etcd, TheSiteThatHoldsMostCampaigns) {
  Cluster c = running(3);
  c.members[0].gtid = c.members[2].gtid = "0-1-20";
  c.members[1].gtid = "0-1-19";
  c.run(seconds(1));
  c.lose(0);
  ASSERT_TRUE(c.reach(2, State::kActive));
  EXPECT_EQ(c.count(1, Counter::kPromotionByEtcd), 0U);
}

TEST(Etcd, ASwitchoverReachesItsTarget) {
  Cluster c = running(3);
  c.command(0, Operation::kSwitchover, "site3");
  ASSERT_TRUE(c.reach(2, State::kActive, seconds(5)));
  EXPECT_EQ(c.count(1, Counter::kPromotionByEtcd), 0U);
  c.run(seconds(5));
  ASSERT_FALSE(c.members[0].replies.empty());
  EXPECT_TRUE(c.members[0].replies.back().ok) << c.members[0].replies.back().message;
  EXPECT_FALSE(c.overlap());
}

// Rule 15 lets the others go first, by their ids; rule 12 makes them wait.
TEST(Etcd, TheTargetOfASwitchoverStandsAtOnceThoughOthersHaveLowerIds) {
  Cluster c = running(4);
  c.command(0, Operation::kSwitchover, "site4");
  EXPECT_TRUE(c.reach(3, State::kActive, milliseconds(1500)));
  EXPECT_EQ(c.count(1, Counter::kPromotionByEtcd) + c.count(2, Counter::kPromotionByEtcd), 0U);
  EXPECT_FALSE(c.overlap());
}

TEST(Etcd, APoolOfOneSiteWorks) {
  Cluster c = running(1);
  c.run(seconds(20));
  EXPECT_EQ(c.state(0), State::kActive);
  EXPECT_EQ(c.members[0].site->assumption(c.now).state, "not needed");
}

TEST(Etcd, HoldWaitsForAPersonAndForEtcd) {
  Cluster c(ArbiterKind::kEtcd, 2, 0);
  for (auto& m : c.members) m.config.promote_on_silence = false;
  c.start();
  ASSERT_EQ(c.writer(), 0);
  c.run(seconds(4));
  c.lose(0);
  c.run(seconds(10));
  EXPECT_EQ(c.state(1), State::kStandby);
  c.command(1, Operation::kPromoteForce);
  EXPECT_TRUE(c.reach(1, State::kActive, seconds(2)));
}

}  // namespace core::testing
