// Modes active, manual and passive, and which local node may become the writer (spec.md section 3).
#include "sitecheck/core/mode.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

Bench in_mode(Mode mode, std::uint8_t id = 1) {
  Bench b(id);
  b.config.mode = mode;
  return b;
}

bool alarm(const Bench& b, const std::string& word) {
  const auto alarms = b.view().alarms;
  return std::any_of(alarms.begin(), alarms.end(),
                     [&](const std::string& a) { return a.find(word) != std::string::npos; });
}

bool set(Bench& b, Mode mode) {
  b.give(ModeSet{9, mode, "ann", "work"});
  return b.last<CommandReply>()->ok;
}

// The standby of site2 beside a writer.
Bench standby(Mode mode) {
  Bench b = in_mode(mode, 2);
  b.peer_state = ecv::PoolState::kActive;
  b.peer_eligible = false;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(5, 1);
  b.start();
  b.run(base::seconds(5));
  EXPECT_EQ(b.state(), State::kStandby);
  return b;
}

}  // namespace

TEST(Mode, WordsAreReadAsTheyAreWritten) {
  for (const Mode m : {Mode::kActive, Mode::kManual, Mode::kPassive}) EXPECT_EQ(parse_mode(name(m)), m);
  EXPECT_FALSE(parse_mode("Active"));
}

TEST(Mode, ManualPromotesNothingUntilAPersonSaysSo) {
  Bench b = in_mode(Mode::kManual);
  b.start();
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(20)));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_TRUE(b.all<Promote>().empty());
  EXPECT_TRUE(alarm(b, "mode manual leaves it to a person"));
  EXPECT_TRUE(set(b, Mode::kActive));
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(5)));
  EXPECT_FALSE(alarm(b, "mode manual"));
}

TEST(Mode, ManualNeverTakesThePlaceOfASilentWriter) {
  Bench b = standby(Mode::kManual);
  b.peer_speaks = false;
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(20)));
  EXPECT_TRUE(alarm(b, "mode manual"));
}

TEST(Mode, ManualAndForceMakesTheWriter) {
  Bench b = standby(Mode::kManual);
  b.peer_speaks = false;
  b.run(base::seconds(10));
  b.give(Command{1, Operation::kPromoteForce, 0, std::nullopt, "ann", "site1 burned down"});
  ASSERT_TRUE(b.last<CommandReply>()->ok) << b.last<CommandReply>()->message;
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(1)));
}

TEST(Mode, ManualGivesUpACandidacy) {
  Bench b;
  b.peer_answers = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kCandidate));
  EXPECT_TRUE(set(b, Mode::kManual));
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Mode, ManualTakesAWriterThatIsHandedToIt) {
  Bench b = standby(Mode::kManual);
  b.peer_state = ecv::PoolState::kDraining;
  b.peer_target = "site2";
  b.peer_datagram(b.from_peer());
  b.run_ms(50);
  const auto nonce = b.said().nonce;
  b.peer_state = ecv::PoolState::kStandby;
  auto d = b.from_peer();
  d.target = "site2";
  d.answers.push_back({nonce, ecv::AnswerKind::kRelease, "", ecv::Epoch::make(5, 1)});
  b.peer_datagram(d);
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(2)));
}

TEST(Mode, ManualDoesNotTakeAReleaseThatIsNoHandover) {
  Bench b = standby(Mode::kManual);
  const auto nonce = b.said().nonce;
  b.peer_state = ecv::PoolState::kStandby;
  auto d = b.from_peer();
  d.answers.push_back({nonce, ecv::AnswerKind::kRelease, "", ecv::Epoch::make(5, 1)});
  b.peer_datagram(d);
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(5)));
}

TEST(Mode, ManualStillFencesAWriterWithoutAPermit) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  EXPECT_TRUE(set(b, Mode::kManual));
  b.peer_speaks = false;
  b.quorum = false;
  b.fence_answers = false;
  EXPECT_TRUE(b.reach(State::kFencing));
  EXPECT_NE(b.last<Fence>(), nullptr);
}

TEST(Mode, ManualStillGrantsAndFollows) {
  Bench b = standby(Mode::kManual);
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kGrant);
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
}

TEST(Mode, PassiveTouchesNoNodeAtBootAndGrantsNothing) {
  Bench b = in_mode(Mode::kPassive);
  b.node_read_only = false;  // somebody else's writer
  b.start();
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kInit);
  EXPECT_TRUE(b.all<AssertReadOnly>().empty());
  EXPECT_TRUE(b.all<Fence>().empty());
  EXPECT_TRUE(b.all<Promote>().empty());
  EXPECT_TRUE(b.all<Rejoin>().empty());
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kRefuse);
  EXPECT_TRUE(alarm(b, "mode passive does not close it"));
  EXPECT_FALSE(b.view().eligible);
}

TEST(Mode, PassiveGrantsAfterARestartIfItFindsItsNodesClosed) {
  Bench b = in_mode(Mode::kPassive);
  b.start();
  EXPECT_TRUE(b.reach(State::kStandby, base::seconds(5)));
  EXPECT_TRUE(b.all<AssertReadOnly>().empty());
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kGrant);
  EXPECT_FALSE(b.view().eligible);
  EXPECT_FALSE(alarm(b, "mode passive does not close it"));
  b.node_read_only = false;
  b.run(base::seconds(2));
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kRefuse);  // rule 6
  b.node_read_only = true;
  b.run(base::seconds(2));
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kGrant);
}

TEST(Mode, PassiveStaysInInitWhileADatabaseDoesNotAnswer) {
  Bench b = in_mode(Mode::kPassive);
  b.node_answers = false;
  b.start();
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kInit);
}

TEST(Mode, PassiveLeavesBootToLaterWhenItIsActiveAgain) {
  Bench b = in_mode(Mode::kPassive);
  b.start();
  b.run(base::seconds(3));
  EXPECT_TRUE(set(b, Mode::kActive));
  EXPECT_TRUE(b.reach(State::kActive));
  EXPECT_FALSE(b.all<AssertReadOnly>().empty());
}

TEST(Mode, PassiveGrantsAsLongAsItsNodesStayClosed) {
  Bench b = standby(Mode::kActive);
  EXPECT_TRUE(set(b, Mode::kPassive));
  b.run(base::seconds(5));
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kGrant);
  EXPECT_FALSE(b.view().eligible);
  b.log.clear();
  b.node_read_only = false;
  b.run(base::seconds(2));
  EXPECT_TRUE(b.all<AssertReadOnly>().empty());
  EXPECT_EQ(b.ask(ecv::Want::kRenew, ecv::PoolState::kActive)->kind, ecv::AnswerKind::kRefuse);  // rule 6
}

TEST(Mode, PassiveSetsUpNoReplication) {
  Bench b = standby(Mode::kActive);
  EXPECT_TRUE(set(b, Mode::kPassive));
  b.log.clear();
  b.io = b.sql = "No";
  b.io_errno = 1236;
  b.run(base::seconds(20));
  EXPECT_TRUE(b.all<Rejoin>().empty());
}

TEST(Mode, PassiveNeverPromotesNotByForceEither) {
  Bench b = standby(Mode::kActive);
  EXPECT_TRUE(set(b, Mode::kPassive));
  b.peer_speaks = false;
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(20)));
  b.give(Command{1, Operation::kPromoteForce, 0, std::nullopt, "ann", "because"});
  EXPECT_FALSE(b.last<CommandReply>()->ok);
}

TEST(Mode, PassiveIsRefusedToASiteThatWrites) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  EXPECT_FALSE(set(b, Mode::kPassive));
  EXPECT_NE(b.last<CommandReply>()->message.find("could not fence"), std::string::npos);
  EXPECT_EQ(b.site->mode(), Mode::kActive);
  EXPECT_TRUE(set(b, Mode::kManual));
  EXPECT_EQ(b.site->mode(), Mode::kManual);
}

TEST(PromoteWish, APreferredNodeComesBeforeThePrimary) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1}, {"db2", true, 2, PromoteWish::kPrefer}};
  b.silent_steps = {PromoteStep::kStopReplication};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  EXPECT_EQ(b.last<Promote>()->node, 1U);
}

TEST(PromoteWish, APreferredNodeThatIsNotFitDoesNot) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1}, {"db2", true, 2, PromoteWish::kPrefer}};
  b.dead_nodes = {1};
  b.silent_steps = {PromoteStep::kStopReplication};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  EXPECT_EQ(b.last<Promote>()->node, 0U);
}

TEST(PromoteWish, NeverIsNeverPromotedNotByForceEither) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1, PromoteWish::kNever}};
  b.start();
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(10)));
  EXPECT_FALSE(b.view().eligible);
  EXPECT_NE(b.view().reason.find("promote: never"), std::string::npos) << b.view().reason;
  b.peer_speaks = false;
  b.run(base::seconds(10));
  b.give(Command{1, Operation::kPromoteForce, 0, std::nullopt, "ann", "because"});
  EXPECT_FALSE(b.last<CommandReply>()->ok);
  EXPECT_TRUE(b.all<Promote>().empty());
}

TEST(PromoteWish, NeverLeavesTheWriterToTheOthers) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1, PromoteWish::kNever}, {"db2", true, 2}};
  b.silent_steps = {PromoteStep::kStopReplication};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  EXPECT_EQ(b.last<Promote>()->node, 1U);
}

TEST(PromoteWish, ASiteThatIsNeverPromotedDoesNotHoldUpTheOther) {
  Bench b;
  b.config.pools[0].nodes = {{"db1", true, 1, PromoteWish::kNever}};
  b.gtid = "0-1-20";  // more than the candidate has
  b.start();
  b.run(base::seconds(5));
  EXPECT_EQ(b.ask(ecv::Want::kPromote, ecv::PoolState::kStandby)->kind, ecv::AnswerKind::kGrant);
}

}  // namespace core::testing
