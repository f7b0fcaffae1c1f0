// protocol.md section 2, rules 1 to 8: one test or more for each.
#include <gtest/gtest.h>

#include <algorithm>

#include "sitecheck/core/credit.h"
#include "sitecheck/core/silence.h"
#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

constexpr auto kActive = ecv::PoolState::kActive;
constexpr auto kStandby = ecv::PoolState::kStandby;

// A standby beside an ACTIVE peer, its moratorium over.
Bench standby(std::uint8_t id = 2) {
  Bench b(id);
  b.peer_state = kActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(5, static_cast<std::uint8_t>(3 - id));
  b.start();
  b.run(base::seconds(5));
  EXPECT_EQ(b.state(), State::kStandby);
  return b;
}

Bench active() {
  Bench b;
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(1));
  return b;
}

}  // namespace

TEST(Rule1, TheLeaseCountsFromTheSendOfTheRequest) {
  Bench b;
  b.peer_answers = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kCandidate));
  const auto request = b.said();
  ASSERT_EQ(request.want, ecv::Want::kPromote);
  const auto sent_at = b.now;
  b.pause(milliseconds(300));
  auto d = b.from_peer();
  d.answers.push_back({request.nonce, ecv::AnswerKind::kGrant, "", {}});
  b.silent_steps = {PromoteStep::kArmGuard};
  b.peer_datagram(d);
  ASSERT_EQ(b.state(), State::kPromoting);
  EXPECT_LE(*b.view().permit, sent_at + b.config.timing.lease);
  EXPECT_GT(*b.view().permit, sent_at + b.config.timing.lease - milliseconds(20));
}

TEST(Rule1, AGrantOlderThanTheLeaseIsWorthNothing) {
  Bench b = active();
  b.peer_answers = false;
  b.peer_speaks = false;
  b.run_ms(10);
  const auto until = *b.view().permit;
  const auto request = b.said();
  b.quorum = false;
  b.pause(b.config.timing.lease + milliseconds(300));
  auto d = b.from_peer();
  d.answers.push_back({request.nonce, ecv::AnswerKind::kGrant, "", {}});
  b.peer_datagram(d);
  EXPECT_NE(b.state(), State::kActive);
  EXPECT_LT(until, b.now);
}

TEST(Rule2, SubstitutionComesAfterTPromoteOfSilenceAndCheckpoints) {
  Bench b = standby();
  const auto silent_from = b.now;
  b.peer_speaks = false;
  ASSERT_TRUE(b.reach(State::kActive));
  EXPECT_EQ(b.count(Counter::kPromotionBySubstitution), 1U);
  EXPECT_GE(b.now - silent_from, b.config.timing.promote_wait - b.config.timing.interval);
}

TEST(Rule2, AnyMessageOfThePeerStartsTheTimeAgain) {
  Bench b = standby();
  b.peer_speaks = false;
  b.run(b.config.timing.promote_wait - milliseconds(400));
  b.peer_datagram(b.from_peer());
  b.run(b.config.timing.promote_wait - milliseconds(100));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(1)));
}

TEST(Rule2, OneFailedRoundStartsTheTimeAgain) {
  Bench b = standby();
  b.peer_speaks = false;
  b.run(b.config.timing.promote_wait - milliseconds(700));
  b.quorum = false;
  b.run_ms(300);
  b.quorum = true;
  b.run(b.config.timing.promote_wait - milliseconds(200));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(2)));
}

TEST(Rule2, AGapInTheLoopStartsTheTimeAgain) {
  Bench b = standby();
  b.peer_speaks = false;
  b.run(base::seconds(2));
  b.pause(b.config.timing.promote_wait);
  b.run_ms(600);
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_GE(b.count(Counter::kGapReset), 1U);
}

TEST(Rule2, ASecondTryOfARoundProvesTheQuorumOnlyForItsEnd) {
  Silence s(*ecv::preset("lan"), Instant(base::seconds(10)));
  const auto begun = Instant(base::seconds(10)) + milliseconds(500);
  s.round_ok(begun, begun + milliseconds(250));
  for (int ms = 750; ms <= 3300; ms += 250) {
    const auto at = Instant(base::seconds(10)) + milliseconds(ms);
    s.round_ok(at, at + milliseconds(1));
  }
  EXPECT_FALSE(s.elapsed(Instant(base::seconds(10)) + milliseconds(3300)));
  EXPECT_TRUE(s.elapsed(Instant(base::seconds(10)) + milliseconds(3550)));
}

TEST(Rule3, ARoundIsCreditedOnlyWhenItsWindowIsOver) {
  Credit c(*ecv::preset("lan"));
  const Instant t(base::seconds(50));
  c.round_ok(t, t - base::seconds(1), t + milliseconds(5));
  c.round_ok(t + milliseconds(250), t - base::seconds(1), t + milliseconds(255));
  EXPECT_FALSE(c.due(t + milliseconds(500)));
  // Counted from the round's begin.
  EXPECT_EQ(c.due(t + milliseconds(505)), t + milliseconds(2000));
}

TEST(Rule3, ARoundIsCreditedOnlyOnceALaterOneHasFollowed) {
  Credit c(*ecv::preset("lan"));
  const Instant t(base::seconds(50));
  c.round_ok(t, std::nullopt, t + milliseconds(5));
  EXPECT_FALSE(c.due(t + milliseconds(700)));
  c.round_failed();  // the quorum was reached for a moment only
  c.round_ok(t + milliseconds(750), std::nullopt, t + milliseconds(755));
  EXPECT_FALSE(c.due(t + base::seconds(2)));
}

TEST(Rule3, AWordOfThePeerBeforeTheRoundWithdrawsIt) {
  Credit c(*ecv::preset("lan"));
  const Instant t(base::seconds(50));
  c.round_ok(t, t - milliseconds(499), t + milliseconds(5));
  c.round_ok(t + milliseconds(200), t - milliseconds(299), t + milliseconds(205));
  EXPECT_FALSE(c.due(t + base::seconds(1)));
}

TEST(Rule3, AWordOfThePeerAfterTheRoundWithdrawsIt) {
  Credit c(*ecv::preset("lan"));
  const Instant t(base::seconds(50));
  c.round_ok(t, std::nullopt, t + milliseconds(5));
  EXPECT_EQ(c.cancel(), 1U);
  EXPECT_FALSE(c.due(t + base::seconds(1)));
}

TEST(Rule3, APeerThatSpeaksButDoesNotGrantGetsNoSubstitute) {
  Bench b = active();
  b.peer_answers = false;  // deaf: it talks, and hears nothing
  EXPECT_TRUE(b.reach(State::kFenced, base::seconds(3)) || b.state() == State::kStandby);
  EXPECT_EQ(b.count(Counter::kFenceExpired), 1U);
  EXPECT_EQ(b.count(Counter::kRenewedByCheckpoints), 0U);
}

TEST(Rule3, WhileThePeerIsSilentCheckpointsKeepTheWriter) {
  Bench b = active();
  b.peer_speaks = false;
  b.run(base::seconds(30));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_GT(b.count(Counter::kRenewedByCheckpoints), 50U);
}

TEST(Rule4, ACandidateThatGrantsItsRivalGivesUp) {
  Bench b(2);  // the lower id wins
  b.peer_answers = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kCandidate));
  const auto mine = b.said();
  const auto answer = b.ask(ecv::Want::kPromote, kStandby);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, ecv::AnswerKind::kGrant);
  EXPECT_EQ(b.state(), State::kStandby);
  auto late = b.from_peer();
  late.answers.push_back({mine.nonce, ecv::AnswerKind::kGrant, "", {}});
  b.peer_datagram(late);
  EXPECT_EQ(b.state(), State::kStandby);  // the nonce is void
}

TEST(Rule4, TheLowerIdRefusesItsRival) {
  Bench b(1);
  b.peer_answers = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kCandidate));
  const auto answer = b.ask(ecv::Want::kPromote, kStandby);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, ecv::AnswerKind::kRefuse);
  EXPECT_EQ(b.state(), State::kCandidate);
}

TEST(Rule4, ACandidateYieldsToAnActivePeer) {
  Bench b(1);
  b.peer_answers = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kCandidate));
  const auto answer = b.ask(ecv::Want::kRenew, kActive);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, ecv::AnswerKind::kGrant);
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Rule5, AfterBootItGrantsAtOnceButNeitherStandsNorSubstitutes) {
  Bench b;
  b.start();
  b.run_ms(100);
  ASSERT_EQ(b.state(), State::kStandby);
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, ecv::AnswerKind::kGrant);
  b.peer_state = kStandby;
  b.run(b.config.timing.promote_wait - milliseconds(200));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_GT(b.count(Counter::kMoratorium), 0U);
}

TEST(Rule5, AReleaseIsNotTakenUpDuringTheMoratorium) {
  Bench b;
  b.peer_state = ecv::PoolState::kFenced;
  b.peer_answers = false;
  b.start();
  b.run_ms(600);
  auto d = b.from_peer();
  d.answers.push_back({b.said().nonce, ecv::AnswerKind::kRelease, "", ecv::Epoch::make(5, 2)});
  b.peer_datagram(d);
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Rule6, InitGrantsOnlyOnceClosed) {
  Bench b;
  b.loaded = {};  // the epoch is not known, so it stays INIT
  b.row = ecv::Epoch::make(3, 1);
  b.closing = Closing::kUnknown;
  b.peer_speaks = false;
  b.start();
  b.run_ms(300);
  ASSERT_EQ(b.state(), State::kInit);
  (void)b.ask(ecv::Want::kRenew, kActive);  // proves the peer's process
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, ecv::AnswerKind::kRefuse);
}

TEST(Rule6, GrantsWhileItsOwnDatabaseIsDownIfItWasClosed) {
  Bench b = standby();
  b.node_answers = false;
  b.run(base::seconds(3));
  EXPECT_EQ(b.view().nodes[0].state, ecv::NodeState::kFailedOffline);
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, ecv::AnswerKind::kGrant);
}

TEST(Rule6, DoesNotGrantWhileItsNodeWasFoundOpen) {
  Bench b = standby();
  b.closing = Closing::kUnknown;
  b.node_read_only = false;
  b.run_ms(600);
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, ecv::AnswerKind::kRefuse);
  b.closing = Closing::kClosed;
  b.run_ms(600);
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, ecv::AnswerKind::kGrant);
}

TEST(Rule6, ActiveNeverGrants) {
  Bench b = active();
  EXPECT_EQ(b.ask(ecv::Want::kPromote, kStandby)->kind, ecv::AnswerKind::kRefuse);
}

TEST(Rule6, PromotingNeverGrants) {
  Bench b;
  b.silent_steps = {PromoteStep::kApplyReceived};
  b.start();
  ASSERT_TRUE(b.reach(State::kPromoting));
  EXPECT_EQ(b.ask(ecv::Want::kPromote, kStandby)->kind, ecv::AnswerKind::kRefuse);
}

TEST(Rule6, FencingNeverGrantsAndFencedDoes) {
  Bench b = active();
  b.fence_answers = false;
  b.node_answers = false;
  b.peer_answers = false;
  ASSERT_TRUE(b.reach(State::kFencing));
  EXPECT_EQ(b.ask(ecv::Want::kPromote, kStandby)->kind, ecv::AnswerKind::kRefuse);
  b.fence_answers = true;
  ASSERT_TRUE(b.reach(State::kFenced));
  EXPECT_EQ(b.ask(ecv::Want::kPromote, kStandby)->kind, ecv::AnswerKind::kGrant);
}

TEST(Rule6, QuarantinedAndMaintGrant) {
  Bench b(2);
  b.loaded.record.quarantined = true;
  b.peer_state = kActive;
  b.peer_epoch = ecv::Epoch::make(5, 1);
  b.start();
  b.run_ms(600);
  ASSERT_EQ(b.state(), State::kQuarantined);
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, ecv::AnswerKind::kGrant);
  Bench m(2);
  m.loaded.record.maint = true;
  m.start();
  m.run_ms(600);
  ASSERT_EQ(m.state(), State::kMaint);
  EXPECT_EQ(m.ask(ecv::Want::kPromote, kStandby)->kind, ecv::AnswerKind::kGrant);
}

TEST(Rule7, APeerWithoutAGuardIsNotSubstitutedFor) {
  Bench b = standby();
  b.peer_guard = "none";
  b.run_ms(600);
  b.peer_speaks = false;
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_GE(b.count(Counter::kUnguardedInhibit), 1U);
}

TEST(Rule7, UnlessTheOperatorAcceptsIt) {
  Bench b(2);
  b.config.pools[0].accept_unfenced = true;
  b.peer_state = kActive;
  b.peer_guard = "none";
  b.start();
  b.run(base::seconds(1));
  b.peer_speaks = false;
  EXPECT_TRUE(b.reach(State::kActive));
}

TEST(Rule7, TheGuardIsArmedBeforeAnythingElseOfAPromotion) {
  Bench b = active();
  const auto steps = b.all<Promote>();
  ASSERT_EQ(steps.size(), 7U);
  for (std::size_t i = 0; i < steps.size(); ++i) EXPECT_EQ(steps[i].step, static_cast<PromoteStep>(i));
}

TEST(Rule7, WithADeadGuardItIsNotEligibleAndSaysNone) {
  Bench b = standby();
  b.give(GuardStatus{0, false, "gone"});
  EXPECT_EQ(b.said().guard, "none");
  b.peer_speaks = false;
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Rule8, InputsOfAStepCountBeforeItsTimers) {
  Bench b = standby();
  b.peer_speaks = false;
  b.run(b.config.timing.promote_wait - milliseconds(260));
  ASSERT_EQ(b.state(), State::kStandby);
  b.pause(milliseconds(450));  // due, and a message waits in the socket
  b.peer_datagram(b.from_peer());
  EXPECT_EQ(b.state(), State::kStandby);
}

}  // namespace core::testing
