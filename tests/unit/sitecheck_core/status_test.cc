// STATUS of the pool, eligibility, and what stays of a restart.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

TEST(Status, WarnWhileAGrantIsHeldAndFailWithout) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.quorum = false;
  b.run(base::seconds(25));
  EXPECT_EQ(b.view().status, ecv::PoolStatus::kWarn);
  EXPECT_EQ(b.state(), State::kActive);
  b.peer_speaks = false;
  b.run(base::seconds(6));
  EXPECT_EQ(b.view().status, ecv::PoolStatus::kFail);
  EXPECT_NE(b.state(), State::kActive);
}

TEST(Status, FailClearsAfterGoodRoundsAndReturnsAsStandby) {
  Bench b;
  b.quorum = false;
  b.peer_speaks = false;
  b.start();
  b.run(base::seconds(5));
  ASSERT_EQ(b.view().status, ecv::PoolStatus::kFail);
  b.quorum = true;
  b.run(b.config.checkpoints_clear_after - base::seconds(1));
  EXPECT_EQ(b.view().status, ecv::PoolStatus::kFail);
  EXPECT_EQ(b.state(), State::kStandby);
  b.run(base::seconds(2));
  EXPECT_EQ(b.view().status, ecv::PoolStatus::kOk);
}

TEST(Status, ALatchedFailIsLeftToAPerson) {
  Bench b;
  b.config.checkpoints_latch = true;
  b.quorum = false;
  b.peer_speaks = false;
  b.start();
  b.run(base::seconds(5));
  b.quorum = true;
  b.run(base::seconds(120));
  EXPECT_EQ(b.view().status, ecv::PoolStatus::kFail);
  b.give(Command{1, Operation::kRecover, 0, std::nullopt, "ann", "line repaired"});
  b.run_ms(300);
  EXPECT_EQ(b.view().status, ecv::PoolStatus::kOk);
}

TEST(Status, AntiFlapLetsThePeerComeFirstButNeverBlocksTheOnlyEligibleSite) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.peer_speaks = false;
  b.quorum = false;
  b.run(base::seconds(4));  // fenced
  b.quorum = true;
  b.peer_speaks = true;
  b.run(base::seconds(1));
  b.give(Command{0, Operation::kRecover, 0, 0, "x", "x"});
  EXPECT_FALSE(b.view().eligible);
  b.run(base::seconds(40));
  b.peer_eligible = false;
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(10)));
}

TEST(Status, TheReportClaimsNothingUnlessActive) {
  Bench b;
  b.start();
  b.run(base::seconds(1));
  auto r = b.site->report(0, b.now);
  EXPECT_EQ(r.state, ecv::PoolState::kStandby);
  EXPECT_EQ(r.lease_ms, 0);
  EXPECT_EQ(r.epoch.value, 0U);
  ASSERT_TRUE(b.reach(State::kActive));
  r = b.site->report(0, b.now);
  EXPECT_GT(r.lease_ms, 0);
  EXPECT_LE(r.lease_ms, base::to_ms(b.config.timing.lease));
  EXPECT_EQ(r.epoch, b.view().epoch);
  EXPECT_EQ(r.config_hash.size(), 16U);
  EXPECT_EQ(b.site->report(0, b.now + base::seconds(5)).lease_ms, 0);
}

TEST(Status, TheAssumptionIsShown) {
  Bench b(2);
  b.peer_state = ecv::PoolState::kActive;
  b.start();
  b.run(base::seconds(5));
  EXPECT_EQ(b.site->assumption(b.now).state, "holds");
  b.peer_speaks = false;
  b.run(base::seconds(1));
  EXPECT_EQ(b.site->assumption(b.now).state, "unknown");
  ecv::Datagram d;
  d.pool = "main";
  d.from = "ns1";
  d.to = "site2";
  d.boot_id = d.seq = 1;
  d.relay = ecv::Relay{1, ecv::Epoch::make(5, 1), 10};
  b.give(RelayDatagram{d});
  EXPECT_EQ(b.site->assumption(b.now).state, "broken");
}

TEST(Status, AFailedWriteOfTheStateRaisesAnAlarmAndIsTriedAgain) {
  Bench b;
  b.persist_ok = false;
  b.peer_max = ecv::Epoch::make(9, 2);
  b.start();
  b.run(base::seconds(1));
  EXPECT_FALSE(b.view().alarms.empty());
  b.persist_ok = true;
  b.run(base::seconds(6));
  EXPECT_TRUE(b.view().alarms.empty());
}

TEST(Status, TheNextDeadlineIsNeverFartherThanOneInterval) {
  Bench b;
  b.start();
  for (int i = 0; i < 1000; ++i) {
    b.run_ms(7);
    EXPECT_LE(b.site->next_deadline() - b.now, b.config.timing.interval);
  }
}
// Section 6: whether acknowledged commits are at a second place.
TEST(Status, SemiSyncIsToldAlarmedWhenDegradedAndJournalledWhenItChanges) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.semi_sync = SemiSync::kOn;
  b.semi_sync_replicas = 1;
  b.run_ms(300);
  EXPECT_EQ(b.view().semi_sync, SemiSync::kOn);
  EXPECT_EQ(b.site->report(0, b.now).semi_sync, "on");
  EXPECT_EQ(b.site->report(0, b.now).semi_sync_replicas, 1);
  EXPECT_TRUE(b.view().alarms.empty());
  b.semi_sync = SemiSync::kDegraded;
  b.semi_sync_replicas = 0;
  b.run(base::seconds(2));
  EXPECT_EQ(b.view().alarms.size(), 1U);
  EXPECT_EQ(b.site->report(0, b.now).semi_sync, "degraded");
  b.semi_sync = SemiSync::kOn;
  b.run_ms(300);
  EXPECT_TRUE(b.view().alarms.empty());
  std::vector<std::string> told;
  for (const auto& j : b.all<Journal>()) {
    if (j.id == "pool.semi_sync") told.push_back(j.message);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"on", "degraded", "on"}));
  b.node_answers = false;
  b.run(base::seconds(2));
  EXPECT_EQ(b.view().semi_sync, SemiSync::kUnknown);  // it is the writer no longer
}

// Section 3, max_loss: a condition for a failover of asynchronous replication.
TEST(MaxLoss, AFailoverThatIsKnownToLoseMoreIsRefusedWithAnAlarmThatSaysWhatToDo) {
  for (const bool silent : {true, false}) {
    Bench b(2);
    b.config.pools[0].max_loss = 2;
    b.gtid = "0-1-10";
    b.peer_state = ecv::PoolState::kActive;
    b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 1);
    b.peer_eligible = false;
    b.peer_gtid = "0-1-13";
    b.start();
    b.run(base::seconds(5));
    b.peer_speaks = !silent;
    b.peer_state = ecv::PoolState::kMaint;
    b.run(base::seconds(15));
    EXPECT_EQ(b.state(), State::kStandby);
    const auto alarms = b.view().alarms;
    EXPECT_TRUE(std::any_of(alarms.begin(), alarms.end(), [](const std::string& a) {
      return a.find("3 transactions of site1 (max_loss 2): 0-1-11..13") != std::string::npos &&
             a.find("--force") != std::string::npos;
    }));
    b.give(Command{1, Operation::kPromoteForce, 0, std::nullopt, "ann", "site1 burned down"});
    EXPECT_TRUE(b.last<CommandReply>()->ok) << b.last<CommandReply>()->message;
    EXPECT_TRUE(b.reach(State::kActive, base::seconds(1)));
  }
}

TEST(MaxLoss, IsNoConditionWithinItsNumberNorWithoutOne) {
  for (const std::optional<std::uint64_t> limit : {std::optional<std::uint64_t>(3), std::optional<std::uint64_t>()}) {
    Bench b(2);
    b.config.pools[0].max_loss = limit;
    b.peer_state = ecv::PoolState::kActive;
    b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 1);
    b.peer_gtid = "0-1-13";
    b.start();
    b.run(base::seconds(5));
    b.peer_speaks = false;
    EXPECT_TRUE(b.reach(State::kActive));
  }
}

// The errant transactions of a site that wrote before this one are no reason to leave the pool without a writer.
TEST(MaxLoss, IsNoConditionForTheLastWriterItself) {
  Bench b;
  b.config.pools[0].max_loss = 0;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.peer_state = ecv::PoolState::kQuarantined;
  b.peer_eligible = false;
  b.peer_gtid = "0-1-10,0-2-99";
  b.run(base::seconds(1));
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  b.node_answers = true;
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(90)));
}

// What was received, but not applied yet, is applied meanwhile: the refusal is weighed anew at each turn.
TEST(MaxLoss, AFailoverGoesOnOnceWhatWasMissingIsThere) {
  Bench b(2);
  b.config.pools[0].max_loss = 0;
  b.peer_state = ecv::PoolState::kActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 1);
  b.peer_gtid = "0-1-13";
  b.start();
  b.run(base::seconds(5));
  b.peer_speaks = false;
  b.run(base::seconds(10));
  ASSERT_EQ(b.state(), State::kStandby);
  b.gtid = "0-1-13";
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(1)));
  EXPECT_TRUE(b.view().alarms.empty());
}

}  // namespace core::testing
