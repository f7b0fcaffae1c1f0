// protocol.md section 3: one test for each edge of the state table.
#include <gtest/gtest.h>

#include "sitecheck/core/gtid.h"
#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

constexpr auto kPeerActive = ecv::PoolState::kActive;

Bench active() {
  Bench b;
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(1));
  return b;
}

// After the fence of this site the peer becomes the writer.
void peer_takes_over(Bench& b) {
  b.peer_state = kPeerActive;
  b.peer_eligible = false;  // as of a writer
  b.peer_epoch = b.peer_max = ecv::Epoch::make(b.view().max_epoch_seen.counter() + 1, b.config.peers.front().id);
}

}  // namespace

TEST(States, InitToStandbyOnceClosedAndTheEpochIsKnown) {
  Bench b;
  b.closing = Closing::kUnknown;
  b.start();
  b.run(base::seconds(2));
  EXPECT_EQ(b.state(), State::kInit);
  EXPECT_FALSE(b.all<AssertReadOnly>().empty());
  b.closing = Closing::kClosed;
  EXPECT_TRUE(b.reach(State::kStandby, base::seconds(1)));
}

TEST(States, InitToStandbyWithADeadDatabaseThatBootsReadOnly) {
  Bench b;
  b.closing = Closing::kProcessGone;
  b.node_answers = false;
  b.start();
  EXPECT_TRUE(b.reach(State::kStandby, base::seconds(1)));
  EXPECT_FALSE(b.view().eligible);
}

TEST(States, LostStateTakesItsEpochFromThePeer) {
  Bench b;
  b.loaded.slots = LoadedPool::Slots::kCorrupt;
  b.peer_max = ecv::Epoch::make(41, 2);
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  EXPECT_EQ(b.view().epoch.counter(), 42U);
}

TEST(States, LostStateWithoutASecondSourceStaysInInit) {
  Bench b;
  b.loaded.slots = LoadedPool::Slots::kMissing;
  b.row = ecv::Epoch::make(41, 2);
  b.peer_speaks = false;
  b.start();
  b.run(base::seconds(15));
  EXPECT_EQ(b.state(), State::kInit);
  Bench forced;
  forced.loaded.slots = LoadedPool::Slots::kMissing;
  forced.row = ecv::Epoch::make(41, 2);
  forced.peer_speaks = false;
  forced.identity.bootstrap = true;
  forced.start();
  EXPECT_TRUE(forced.reach(State::kActive));
  EXPECT_EQ(forced.view().epoch.counter(), 42U);
}

TEST(States, StandbyToCandidateWhenThePeerIsNotActive) {
  Bench b;
  b.peer_answers = false;
  b.start();
  EXPECT_TRUE(b.reach(State::kCandidate));
  EXPECT_EQ(b.view().state, State::kCandidate);
  EXPECT_EQ(b.said().state, ecv::PoolState::kStandby);  // a candidate reports STANDBY
}

TEST(States, StandbyToPromotingBySubstitution) {
  Bench b(2);
  b.peer_state = kPeerActive;
  b.start();
  b.run(base::seconds(4));
  b.silent_steps = {PromoteStep::kStopReplication};
  b.peer_speaks = false;
  ASSERT_TRUE(b.reach(State::kPromoting));
  EXPECT_EQ(b.count(Counter::kPromotionBySubstitution), 1U);
}

TEST(States, HoldNeverSubstitutesAndForceDoes) {
  Bench b(2);
  b.config.promote_on_silence = false;
  b.peer_state = kPeerActive;
  b.start();
  b.run(base::seconds(4));
  b.peer_speaks = false;
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(20)));
  EXPECT_FALSE(b.view().alarms.empty());
  b.give(Command{1, Operation::kPromoteForce, 0, std::nullopt, "ann", "site1 burned down"});
  ASSERT_TRUE(b.last<CommandReply>()->ok) << b.last<CommandReply>()->message;
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(1)));
  b.run(base::seconds(5));
  EXPECT_EQ(b.state(), State::kActive);  // kept by checkpoints
}

// A process that was stopped finds the order in its socket when it goes on: the peer may have come back meanwhile.
TEST(States, ForceIsRefusedWhereItMayHaveWaitedWhileTheProcessStoodStill) {
  Bench b(2);
  b.config.promote_on_silence = false;
  b.peer_state = kPeerActive;
  b.start();
  b.run(base::seconds(4));
  b.peer_speaks = false;
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(20)));
  b.pause(base::seconds(5));
  b.give(Command{1, Operation::kPromoteForce, 0, std::nullopt, "ann", "site1 burned down"});
  EXPECT_FALSE(b.last<CommandReply>()->ok);
  EXPECT_NE(b.last<CommandReply>()->message.find("stood still for 5"), std::string::npos)
      << b.last<CommandReply>()->message;
  b.run(base::seconds(3));
  b.give(Command{2, Operation::kPromoteForce, 0, std::nullopt, "ann", "site1 burned down"});
  EXPECT_TRUE(b.last<CommandReply>()->ok) << b.last<CommandReply>()->message;
}

// A grant that lacks, a foreign source that is broken: told, and nothing else.
TEST(States, AWarningOfANodeIsAnAlarmThatFailsNobodyAndEndsWithIt) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.warning = "the admin account needs: GRANT PROCESS ON *.* TO `adm`@`%`";
  b.run(base::seconds(5));
  ASSERT_EQ(b.view().alarms.size(), 1U);
  EXPECT_NE(b.view().alarms[0].find(b.warning), std::string::npos) << b.view().alarms[0];
  EXPECT_EQ(b.state(), State::kActive);
  b.warning.clear();
  b.run(base::seconds(1));
  EXPECT_TRUE(b.view().alarms.empty());
}

TEST(States, ForceIsRefusedWhileThePeerMayBeTheWriter) {
  Bench b(2);
  b.peer_state = kPeerActive;
  b.start();
  b.run(base::seconds(1));
  b.give(Command{1, Operation::kPromoteForce, 0, std::nullopt, "ann", "because"});
  EXPECT_FALSE(b.last<CommandReply>()->ok);
}

TEST(States, CandidateToPromotingByGrant) {
  Bench b;
  b.silent_steps = {PromoteStep::kStopReplication};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  EXPECT_EQ(b.count(Counter::kPromotionByGrant), 1U);
}

TEST(States, CandidateToStandbyAfterASecond) {
  Bench b;
  b.peer_answers = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kCandidate));
  const auto since = b.now;
  ASSERT_TRUE(b.reach(State::kStandby));
  EXPECT_GE(b.now - since, milliseconds(980));
  EXPECT_LE(b.now - since, milliseconds(1100));
}

TEST(States, PromotingToActiveInTheOrderOfTheProtocol) {
  Bench b = active();
  const auto steps = b.all<Promote>();
  ASSERT_EQ(steps.size(), 7U);
  EXPECT_EQ(steps[1].record.own_epoch, steps[6].epoch);  // on disk before anything was opened
  EXPECT_EQ(b.view().epoch, steps[6].epoch);
  ASSERT_NE(b.last<SetPermit>(), nullptr);
  EXPECT_TRUE(b.last<SetPermit>()->resumable);
}

TEST(States, APromotionIsNotResumableBeforeItIsDone) {
  Bench b;
  b.silent_steps = {PromoteStep::kApplyReceived};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  b.run(base::seconds(5));
  ASSERT_EQ(b.state(), State::kPromoting);  // the permit is renewed meanwhile
  for (const auto& set : b.all<SetPermit>()) EXPECT_FALSE(set.resumable);
}

TEST(States, PromotingToStandbyBeforeWritesWereOpened) {
  for (const auto step : {PromoteStep::kArmGuard, PromoteStep::kPersistEpoch, PromoteStep::kStopReplication,
                          PromoteStep::kApplyReceived, PromoteStep::kOpenSuper, PromoteStep::kInsertEpochRow}) {
    Bench b;
    b.failing_steps = {step};
    b.start();
    while (b.count(Counter::kPromotionAborted) == 0) b.run_ms(10);
    EXPECT_EQ(b.state(), State::kStandby) << name(step);
    EXPECT_NE(b.last<AbortPromotion>(), nullptr);
    EXPECT_EQ(b.last<Fence>(), nullptr);
    EXPECT_FALSE(b.view().eligible);  // the peer may try
  }
}

TEST(States, PromotingToStandbyWhenThePermitRunsOutBeforeWritesWereOpened) {
  Bench b;
  b.silent_steps = {PromoteStep::kApplyReceived};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  b.peer_answers = false;
  ASSERT_TRUE(b.reach(State::kStandby, base::seconds(3)));
  EXPECT_EQ(b.last<Fence>(), nullptr);
}

TEST(States, PromotingToStandbyWhenThePeerTurnsOutToBeActive) {
  Bench b(2);
  b.peer_state = kPeerActive;
  b.start();
  b.run(base::seconds(4));
  b.silent_steps = {PromoteStep::kApplyReceived};
  b.peer_speaks = false;
  ASSERT_TRUE(b.reach(State::kPromoting));
  b.peer_datagram(b.from_peer());
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(States, PromotingToFencingOnceReadOnlyZeroWasSent) {
  Bench failed;
  failed.failing_steps = {PromoteStep::kOpenWrites};
  failed.fence_answers = false;
  failed.start();
  ASSERT_TRUE(failed.reach(State::kFencing));
  EXPECT_EQ(failed.count(Counter::kFencePromotion), 1U);
  Bench unknown;  // no outcome at all
  unknown.silent_steps = {PromoteStep::kOpenWrites};
  unknown.fence_answers = false;
  unknown.start();
  EXPECT_TRUE(unknown.reach(State::kFencing));
}

TEST(States, ActiveToFencingWhenThePermitRunsOut) {
  Bench b = active();
  b.peer_speaks = false;
  b.quorum = false;
  b.fence_answers = false;
  const auto until = *b.view().permit;
  ASSERT_TRUE(b.reach(State::kFencing));
  EXPECT_GE(b.now, until);
  EXPECT_EQ(b.count(Counter::kFenceExpired), 1U);
}

TEST(States, FencingReportsFirstThenClearsThePermitThenFences) {
  Bench b = active();
  b.log.clear();
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  std::size_t changed = 0;
  std::size_t cleared = 0;
  std::size_t fenced = 0;
  for (std::size_t i = 0; i < b.log.size(); ++i) {
    const auto* journal = std::get_if<Journal>(&b.log[i]);
    if (journal != nullptr && journal->message == "ACTIVE to FENCING") changed = i;
    if (std::holds_alternative<ClearPermit>(b.log[i])) cleared = i;
    if (std::holds_alternative<Fence>(b.log[i]) && fenced == 0) fenced = i;
  }
  EXPECT_TRUE(std::holds_alternative<Changed>(b.log[changed + 1]));
  EXPECT_LT(changed, cleared);
  EXPECT_LT(cleared, fenced);
}

TEST(States, ActiveToFencingWhenItsDatabaseFails) {
  Bench b = active();
  b.node_answers = false;
  b.fence_answers = false;
  ASSERT_TRUE(b.reach(State::kFencing, base::seconds(2)));
  EXPECT_EQ(b.count(Counter::kFenceFailedWriter), 1U);
}

TEST(States, ActiveToFencingWhenItCannotWrite) {
  Bench b = active();
  b.node_writes = false;  // answers, but the disk is full
  EXPECT_TRUE(b.reach(State::kFenced, base::seconds(2)));
}

TEST(States, ActiveStaysOn1040And1045) {
  for (const auto error : {PollResult::kDegraded, PollResult::kMisconfigured}) {
    Bench b = active();
    b.node_answers = false;
    b.node_error = error;
    b.run(base::seconds(20));
    EXPECT_EQ(b.state(), State::kActive);
    EXPECT_FALSE(b.view().alarms.empty());
  }
}

TEST(States, ActiveToFencingForAHigherLiveEpoch) {
  Bench b = active();
  peer_takes_over(b);
  b.peer_datagram(b.from_peer());
  EXPECT_EQ(b.count(Counter::kFenceHigherEpoch), 1U);
}

TEST(States, ActiveStaysBesideALowerLiveEpoch) {
  Bench b = active();
  b.peer_state = kPeerActive;
  b.peer_epoch = ecv::Epoch::make(2, 2);
  b.peer_datagram(b.from_peer());
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_FALSE(b.view().alarms.empty());
}

TEST(States, TheAlarmOfTwoWritersEndsWhenTheOtherIsActiveNoLongerOrSilent) {
  for (const bool silent : {false, true}) {
    Bench b = active();
    b.peer_state = kPeerActive;
    b.peer_epoch = ecv::Epoch::make(2, 2);
    b.run(base::seconds(1));
    ASSERT_FALSE(b.view().alarms.empty());
    if (silent) {
      b.peer_speaks = false;
      b.run(base::seconds(1));
    } else {
      b.peer_state = ecv::PoolState::kFenced;
      b.peer_datagram(b.from_peer());
    }
    EXPECT_EQ(b.state(), State::kActive);
    for (const auto& alarm : b.view().alarms) EXPECT_EQ(alarm.find("ACTIVE with a lower epoch"), std::string::npos);
  }
}

TEST(States, FencingSaysWhatWasSeenOfAWriterThatWasClosed) {
  Bench b = active();
  b.node_read_only = true;
  b.run(base::seconds(2));
  const auto journal = b.all<Journal>();
  EXPECT_TRUE(std::any_of(journal.begin(), journal.end(), [](const Journal& j) {
    return std::any_of(j.fields.begin(), j.fields.end(), [](const auto& f) {
      return f.second == "db failed: read_only was found set: somebody closed it";
    });
  }));
}

TEST(States, ActiveRaisesItsEpochAboveOneWithoutALiveOwner) {
  Bench b = active();
  b.row = ecv::Epoch::make(90, 2);
  b.run(base::seconds(1));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().epoch.counter(), 91U);
  EXPECT_EQ(b.last<Persist>()->record.own_epoch.counter(), 91U);
  EXPECT_EQ(b.last<Promote>()->step, PromoteStep::kInsertEpochRow);
}

TEST(States, AnEpochFarAheadIsRefused) {
  Bench b = active();
  b.row = ecv::Epoch::make(6 + (1U << 20U) + 1, 2);
  b.run(base::seconds(1));
  EXPECT_EQ(b.view().epoch.counter(), 6U);
  EXPECT_FALSE(b.view().alarms.empty());
}

TEST(States, FencingTurnsHardAtHalfItsBoundAndRepeats) {
  Bench b = active();
  b.fence_answers = false;
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFencing));
  b.run(b.config.timing.fence_bound / 2 + milliseconds(20));
  EXPECT_TRUE(b.last<Fence>()->hard);
  const auto asked = b.all<Fence>().size();
  b.run(2 * b.config.timing.fence_bound);
  EXPECT_GT(b.all<Fence>().size(), asked);
  EXPECT_EQ(b.state(), State::kFencing);
}

TEST(States, FencingToFencedOnlyWhenConfirmed) {
  Bench b;
  b.config.pools[0].guard = "none";
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.closing = Closing::kUnknown;
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFencing));
  b.run(base::seconds(5));
  EXPECT_EQ(b.state(), State::kFencing);
  b.closing = Closing::kProcessGone;
  EXPECT_TRUE(b.reach(State::kFenced, base::seconds(2)));
}

TEST(States, FencedToStandbyAsAReplicaOfTheWriterIfItsDataIsASubset) {
  Bench b = active();
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  peer_takes_over(b);
  b.peer_gtid = "0-1-10,0-2-15";
  b.io = "No";
  b.run(base::seconds(2));
  b.node_answers = true;
  const auto back = b.now;
  ASSERT_TRUE(b.reach(State::kStandby));
  EXPECT_GE(b.now - back, b.config.auto_recover_after);
  EXPECT_EQ(b.count(Counter::kRejoined), 1U);
  b.io = "Yes";
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kStandby);  // no failback
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
}

// Both threads say Yes for an instant, and error 1236 comes just after.
TEST(States, ARejoinThatBreaksJustAfterIsAlarmedAndTriedAgain) {
  Bench b = active();
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  peer_takes_over(b);
  b.peer_gtid = "0-1-10,0-2-15";
  b.io = "No";
  b.node_answers = true;
  ASSERT_TRUE(b.reach(State::kStandby));
  ASSERT_EQ(b.all<Rejoin>().size(), 1U);
  const auto told = [&b] {
    const auto alarms = b.view().alarms;
    return std::any_of(alarms.begin(), alarms.end(), [](const std::string& a) {
      return a.find("1236") != std::string::npos && a.find("rebuild the node") != std::string::npos;
    });
  };
  b.io_errno = 1236;
  b.run(base::seconds(2));
  EXPECT_FALSE(b.view().eligible);
  EXPECT_TRUE(told());
  EXPECT_EQ(b.all<Rejoin>().size(), 1U);  // not at once
  b.run(base::seconds(6));
  EXPECT_EQ(b.all<Rejoin>().size(), 2U);
  EXPECT_TRUE(told());  // that it was set up again is no proof that it runs
  b.io = "Yes";
  b.io_errno = 0;
  b.run(base::seconds(20));
  EXPECT_FALSE(told());
  EXPECT_EQ(b.all<Rejoin>().size(), 2U);
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
}

// However often it breaks that way: a replica that is set up anew at each try is not kept out for good.
TEST(States, AReplicaThatItsSourceRefusesAgainAndAgainReturnsWhenThatEnds) {
  Bench b = active();
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  peer_takes_over(b);
  b.peer_gtid = "0-1-10,0-2-15";
  b.node_answers = true;
  ASSERT_TRUE(b.reach(State::kStandby));
  b.run(base::seconds(10));
  for (int i = 0; i < 9; ++i) {
    b.io = "No";
    b.io_errno = 1236;
    b.run(base::seconds(4));
    b.io = "Yes";
    b.io_errno = 0;
    b.run(base::seconds(4));
  }
  b.run(base::seconds(20));
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
}

TEST(States, AReplicaThatLostItsSourceForGoodAndHasErrantTransactionsIsNotSetUpAgain) {
  Bench b;
  b.peer_state = kPeerActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 2);
  b.start();
  ASSERT_TRUE(b.reach(State::kStandby));
  b.run(base::seconds(2));
  b.io = "No";
  b.io_errno = 1236;
  b.gtid = "0-1-12";
  EXPECT_TRUE(b.reach(State::kQuarantined));
  EXPECT_TRUE(b.all<Rejoin>().empty());
}

TEST(States, FencedToQuarantinedWithErrantTransactions) {
  Bench b = active();
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  peer_takes_over(b);
  b.peer_gtid = "0-1-9,0-2-15";
  b.node_answers = true;
  ASSERT_TRUE(b.reach(State::kQuarantined));
  EXPECT_EQ(b.last<Rejoin>(), nullptr);
  EXPECT_TRUE(b.last<Persist>()->record.quarantined);
}

TEST(States, StandbyToQuarantinedWhenAnOldWriterReturnsWithErrantTransactions) {
  Bench b;
  b.io = "No";
  b.gtid = "0-1-12";
  b.peer_state = kPeerActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 2);
  b.peer_gtid = "0-1-10,0-2-11";
  b.start();
  EXPECT_TRUE(b.reach(State::kQuarantined));
}

// A new writer that has no transaction at all proves that ours are lost: its position is known, and empty.
TEST(States, FencedToQuarantinedBesideAnEmptyWriterOnceItSaysThatItIsEmpty) {
  Bench b = active();
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  peer_takes_over(b);
  b.peer_gtid = "";  // not known
  b.node_answers = true;
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kFenced);
  b.peer_gtid = " ";
  EXPECT_TRUE(b.reach(State::kQuarantined));
}

TEST(States, APositionThatIsKnownAndEmptyIsToldAsSuch) {
  Bench b;
  b.gtid = "";
  b.start();
  EXPECT_EQ(b.said().position, "");
  b.run_ms(600);
  EXPECT_EQ(b.said().position, " ");
  EXPECT_TRUE(GtidSet::parse(b.said().position)->empty());
}

TEST(States, QuarantinedListsTheErrantTransactionsInViewAlarmAndReport) {
  Bench b;
  b.loaded.record.quarantined = true;  // before the restart
  b.gtid = "0-1-12";
  b.peer_state = kPeerActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 2);
  b.peer_gtid = "0-1-10,0-2-15";
  b.start();
  ASSERT_TRUE(b.reach(State::kQuarantined));
  b.run(base::seconds(1));
  EXPECT_EQ(b.view().errant, "0-1-11..12");
  EXPECT_EQ(b.site->report(0, b.now).errant, "0-1-11..12");
  EXPECT_NE(b.view().alarms.front().find("0-1-11..12"), std::string::npos);
}

TEST(States, QuarantinedToStandbyByRecoverOnlyWithoutErrantTransactions) {
  Bench b;
  b.loaded.record.quarantined = true;
  b.gtid = "0-1-12";
  b.peer_state = kPeerActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(6, 2);
  b.start();
  ASSERT_TRUE(b.reach(State::kQuarantined));
  b.run_ms(600);
  b.give(Command{1, Operation::kRecover, 0, std::nullopt, "ann", "looked"});
  EXPECT_FALSE(b.last<CommandReply>()->ok);
  EXPECT_NE(b.last<CommandReply>()->message.find("0-1-"), std::string::npos);
  b.give(Command{2, Operation::kRecoverAcceptErrant, 0, std::nullopt, "ann", "they are duplicates"});
  EXPECT_TRUE(b.last<CommandReply>()->ok);
  EXPECT_EQ(b.state(), State::kStandby);
  b.io = "No";
  b.run(base::seconds(3));
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(States, MaintNeverPromotesAndReturnsByTheOperator) {
  Bench b;
  b.start();
  b.run(base::seconds(1));
  b.give(Command{1, Operation::kSetOffline, 0, 0, "ann", "disk"});
  ASSERT_EQ(b.state(), State::kMaint);
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(10)));
  b.give(Command{2, Operation::kSetOnline, 0, 0, "ann", "done"});
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_TRUE(b.reach(State::kActive));
}

TEST(States, AnActiveSetOfflineIsFencedFirst) {
  Bench b = active();
  b.give(Command{1, Operation::kSetOffline, 0, 0, "ann", "disk"});
  ASSERT_TRUE(b.reach(State::kMaint, base::seconds(1)));
  EXPECT_NE(b.last<Fence>(), nullptr);
  EXPECT_EQ(b.count(Counter::kReleased), 1U);
}

TEST(States, ARestartWithinTheLeaseKeepsActiveAndItsEpoch) {
  Bench b = active();
  const auto set = *b.last<SetPermit>();
  b.loaded.record = b.all<Promote>()[1].record;
  b.loaded.permit = LoadedPool::Permit{set.deadline, set.epoch};
  b.pause(milliseconds(500));
  b.peer_boot = 500;
  b.identity.boot_id = 78;
  b.identity.nonce_seed = 1234;
  b.start();
  EXPECT_EQ(b.state(), State::kActive);
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().epoch, set.epoch);
}

TEST(States, ARestartWithinTheLeaseKeepsTheNodeThatWrites) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1}, {"db2", true, 2, PromoteWish::kPrefer}};
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  ASSERT_EQ(b.view().writer, "db2");
  const auto set = *b.last<SetPermit>();
  const auto record = b.all<Promote>()[1].record;
  EXPECT_EQ(record.writer, "db2");
  b.identity.boot_id = 78;
  b.identity.nonce_seed = 1234;
  b.loaded.permit = LoadedPool::Permit{set.deadline, set.epoch};
  b.loaded.record = record;
  b.start();
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().writer, "db2");
  b.loaded.record.writer = "";  // as an older version wrote it
  b.start();
  EXPECT_EQ(b.view().writer, "db1");
  b.loaded.record.writer = "db3";  // no longer a node of this site: nobody is known to write
  b.start();
  EXPECT_NE(b.state(), State::kActive);
  EXPECT_FALSE(b.all<ClearPermit>().empty());
}

TEST(States, ARestartAfterTheLeaseOrWithAnotherEpochBeginsAtInit) {
  Bench b = active();
  const auto set = *b.last<SetPermit>();
  b.loaded.record = b.all<Promote>()[1].record;
  b.loaded.permit = LoadedPool::Permit{set.deadline, ecv::Epoch::make(99, 1)};
  b.start();
  EXPECT_NE(b.state(), State::kActive);
  EXPECT_FALSE(b.all<ClearPermit>().empty());
  b.loaded.permit = LoadedPool::Permit{set.deadline, set.epoch};
  b.pause(base::seconds(3));
  b.start();
  EXPECT_NE(b.state(), State::kActive);
}

TEST(States, ASingleSiteTakesThePermitFromItselfWhileItReachesItsCheckpoints) {
  Bench b;
  b.config.peers.clear();
  b.peer_speaks = false;
  b.loaded = {};
  b.start();
  ASSERT_TRUE(b.reach(State::kActive, base::seconds(3)));
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kActive);
  b.quorum = false;
  EXPECT_TRUE(b.reach(State::kFenced, base::seconds(4)) || b.state() == State::kStandby);
  EXPECT_EQ(b.view().status, ecv::PoolStatus::kFail);
}

}  // namespace core::testing
