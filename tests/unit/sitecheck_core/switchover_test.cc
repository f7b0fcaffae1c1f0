// protocol.md section 3, DRAINING, and rule 12: the planned switchover, at both of its sites.
#include "sitecheck/core/switchover.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

Bench active() {
  Bench b;
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(5));
  EXPECT_EQ(b.state(), State::kActive);
  return b;
}

// The target lacks the newest transaction, until it is told otherwise.
void write_ahead(Bench& b) {
  b.gtid = "0-1-11";
  b.run_ms(300);
}

Command order(bool dry_run = false) {
  return {7, Operation::kSwitchover, 0, std::nullopt, "ann", "kernel upgrade", "site2", dry_run};
}

const CommandReply* reply(const Bench& b, std::uint64_t id = 7) {
  for (const auto& action : b.log) {
    const auto* found = std::get_if<CommandReply>(&action);
    if (found != nullptr && found->id == id) return found;
  }
  return nullptr;
}

std::optional<ecv::Datagram> released(const Bench& b) {
  for (const auto& sent : b.all<SendPeer>()) {
    for (const auto& a : sent.datagram.answers) {
      if (a.kind == ecv::AnswerKind::kRelease) return sent.datagram;
    }
  }
  return std::nullopt;
}

// The target becomes the writer.
void target_writes(Bench& b) {
  b.peer_state = ecv::PoolState::kActive;
  b.peer_eligible = false;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(b.view().max_epoch_seen.counter() + 1, 2);
}

std::size_t place(const Bench& b, const std::function<bool(const Action&)>& is) {
  return static_cast<std::size_t>(std::find_if(b.log.begin(), b.log.end(), is) - b.log.begin());
}

// A target: site2, a replica of site1, which drains for it.
Bench target() {
  Bench b(2);
  b.peer_state = ecv::PoolState::kActive;
  b.peer_eligible = false;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(5, 1);
  b.start();
  b.run(base::seconds(5));
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
  return b;
}

ecv::Datagram release_of(Bench& b, ecv::Nonce nonce) {
  b.peer_state = ecv::PoolState::kStandby;
  auto d = b.from_peer();
  d.target = "site2";
  d.answers.push_back({nonce, ecv::AnswerKind::kRelease, "", ecv::Epoch::make(5, 1)});
  return d;
}

}  // namespace

TEST(Switchover, DrainsThenReleasesThenFollows) {
  Bench b = active();
  b.log.clear();
  b.give(order());
  ASSERT_TRUE(released(b));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_EQ(reply(b), nullptr);  // it is not over yet
  EXPECT_EQ(b.view().switchover->step, SwitchoverStep::kReleased);
  target_writes(b);
  b.io = "No";
  b.run_ms(300);
  ASSERT_NE(reply(b), nullptr);
  EXPECT_TRUE(reply(b)->ok) << reply(b)->message;
  EXPECT_NE(reply(b)->message.find("epoch 7"), std::string::npos) << reply(b)->message;
  EXPECT_NE(reply(b)->message.find(" ms"), std::string::npos);
  EXPECT_FALSE(b.view().switchover);
  b.run(base::seconds(3));
  EXPECT_EQ(b.count(Counter::kRejoined), 1U);
  b.io = "Yes";
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kStandby);  // no failback
  EXPECT_EQ(b.view().fences, 0U);
}

TEST(Switchover, SaysDrainingAndItsTargetAndClosesSoftlyOnly) {
  Bench b = active();
  write_ahead(b);
  b.fence_answers = false;
  b.log.clear();
  b.give(order());
  EXPECT_EQ(b.state(), State::kDraining);
  EXPECT_EQ(b.said().state, ecv::PoolState::kDraining);
  EXPECT_EQ(b.said().target, "site2");
  EXPECT_EQ(b.site->report(0, b.now).state, ecv::PoolState::kDraining);
  b.run(base::seconds(4));
  for (const auto& fence : b.all<Fence>()) EXPECT_FALSE(fence.hard);
}

TEST(Switchover, ThePermitIsClearedBeforeTheRelease) {
  Bench b = active();
  b.log.clear();
  b.give(order());
  const auto cleared = place(b, [](const Action& a) { return std::holds_alternative<ClearPermit>(a); });
  const auto sent = place(b, [](const Action& a) {
    const auto* s = std::get_if<SendPeer>(&a);
    return s != nullptr && !s->datagram.answers.empty() &&
           s->datagram.answers.front().kind == ecv::AnswerKind::kRelease;
  });
  EXPECT_LT(cleared, sent);
  ASSERT_LT(sent, b.log.size());
  for (std::size_t i = cleared; i < b.log.size(); ++i) EXPECT_FALSE(std::holds_alternative<SetPermit>(b.log[i]));
  EXPECT_FALSE(b.view().permit);
}

TEST(Switchover, TheReleaseNamesTargetAndEpochAndAnswersItsNonce) {
  Bench b = active();
  const auto d = b.from_peer();
  b.peer_datagram(d);
  b.give(order());
  const auto release = released(b);
  ASSERT_TRUE(release);
  EXPECT_EQ(release->target, "site2");
  EXPECT_EQ(release->answers.front().nonce, d.nonce);
  EXPECT_EQ(release->answers.front().epoch, b.view().max_epoch_seen);
  EXPECT_EQ(release->state, ecv::PoolState::kStandby);
  EXPECT_FALSE(release->eligible);
}

// I14
TEST(Switchover, WaitsUntilTheTargetHoldsEveryTransaction) {
  Bench b = active();
  write_ahead(b);
  b.give(order());
  b.run(base::seconds(2));
  EXPECT_EQ(b.state(), State::kDraining);
  EXPECT_FALSE(released(b));
  EXPECT_NE(b.view().switchover->still_lacks.find("0-1"), std::string::npos);
  b.peer_gtid = "0-1-11";
  b.peer_datagram(b.from_peer());
  EXPECT_TRUE(released(b));
}

// The last commit may be acknowledged while the writes are being stopped.
TEST(Switchover, TheFinalPositionIsReadByAPollThatBeganAfterTheClosing) {
  Bench b = active();
  b.fence_answers = false;
  b.give(order());
  NodePolled early;  // begun before the closing was confirmed
  early.read_only = false;
  early.write = WriteProbe::kOk;
  early.gtid = "0-1-10";
  early.epoch_row_read = true;
  const auto token = b.last<Fence>()->token;
  b.gtid = "0-1-11";
  b.node_read_only = true;
  b.give_all({FenceDone{0, token, Closing::kClosed, false, ""}, early});
  EXPECT_EQ(b.state(), State::kDraining);
  EXPECT_FALSE(released(b));
  b.peer_gtid = "0-1-11";
  b.peer_datagram(b.from_peer());
  EXPECT_TRUE(released(b));
}

TEST(Switchover, ThePermitIsRenewedWhileDraining) {
  Bench b = active();
  b.config.pools[0].switchover_limit = base::seconds(30);
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(4));
  write_ahead(b);
  b.give(order());
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kDraining);
  EXPECT_GT(*b.view().permit, b.now);
}

// Rule 6
TEST(Switchover, DrainingNeverGrants) {
  Bench b = active();
  write_ahead(b);
  b.give(order());
  ASSERT_EQ(b.state(), State::kDraining);
  for (const auto want : {ecv::Want::kRenew, ecv::Want::kPromote}) {
    const auto answer = b.ask(want, ecv::PoolState::kStandby);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->kind, ecv::AnswerKind::kRefuse);
  }
}

TEST(Switchover, AnOrderMayHaveALimitOfItsOwn) {
  Bench b = active();
  write_ahead(b);
  auto command = order();
  command.limit = base::seconds(1);
  b.give(command);
  ASSERT_EQ(b.state(), State::kDraining);
  const auto began = b.now;
  ASSERT_TRUE(b.reach(State::kActive));
  EXPECT_GE(b.now - began, base::seconds(1) - milliseconds(20));
  EXPECT_LT(b.now - began, base::seconds(2));
  ASSERT_NE(reply(b), nullptr);
  EXPECT_NE(reply(b)->message.find("not done within 1.0 s"), std::string::npos) << reply(b)->message;
}

TEST(Switchover, OpensAgainWhenTheTargetDoesNotCatchUp) {
  Bench b = active();
  const auto epoch = b.view().epoch;
  write_ahead(b);
  b.log.clear();
  b.give(order());
  ASSERT_EQ(b.state(), State::kDraining);
  const auto began = b.now;
  ASSERT_TRUE(b.reach(State::kActive));
  EXPECT_GE(b.now - began, b.config.pools[0].switchover_limit - milliseconds(20));
  EXPECT_EQ(b.view().epoch, epoch);
  const auto steps = b.all<Promote>();
  ASSERT_EQ(steps.size(), 2U);
  EXPECT_EQ(steps[0].step, PromoteStep::kOpenSuper);
  EXPECT_EQ(steps[1].step, PromoteStep::kOpenWrites);
  ASSERT_NE(reply(b), nullptr);
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("0-1-11"), std::string::npos) << reply(b)->message;
  EXPECT_NE(reply(b)->message.find("site1 writes again"), std::string::npos) << reply(b)->message;
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().fences, 0U);
  EXPECT_FALSE(released(b));
}

TEST(Switchover, OpensAgainWhenAPersonAborts) {
  Bench b = active();
  write_ahead(b);
  b.give(order());
  b.run_ms(500);
  b.give(Command{8, Operation::kAbortSwitchover, 0, std::nullopt, "ann", "not now"});
  EXPECT_TRUE(reply(b, 8)->ok);
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_FALSE(reply(b)->ok);
  b.give(Command{9, Operation::kAbortSwitchover, 0, std::nullopt, "ann", "again"});
  EXPECT_FALSE(reply(b, 9)->ok);
}

TEST(Switchover, OpensAgainWhenTheTargetIsLostBeforeTheRelease) {
  Bench silent = active();
  write_ahead(silent);
  silent.give(order());
  silent.peer_speaks = false;
  EXPECT_TRUE(silent.reach(State::kActive, base::seconds(1)));
  silent.run(base::seconds(20));
  EXPECT_EQ(silent.state(), State::kActive);  // kept by checkpoints
  Bench unfit = active();
  write_ahead(unfit);
  unfit.give(order());
  unfit.peer_eligible = false;
  EXPECT_TRUE(unfit.reach(State::kActive, base::seconds(1)));
}

// What opens must not be followed by what closes.
TEST(Switchover, WaitsForTheFenceUnderWayBeforeItOpensAgain) {
  Bench b = active();
  b.fence_answers = false;
  b.log.clear();
  b.give(order());
  b.give(Command{8, Operation::kAbortSwitchover, 0, std::nullopt, "ann", "not now"});
  EXPECT_EQ(b.state(), State::kDraining);
  EXPECT_EQ(b.last<Promote>(), nullptr);
  b.give(FenceDone{0, b.last<Fence>()->token, Closing::kUnknown, false, "held by a lock"});
  EXPECT_EQ(b.state(), State::kActive);
}

TEST(Switchover, FencesWhenItCannotOpenAgain) {
  for (const auto step : {PromoteStep::kOpenSuper, PromoteStep::kOpenWrites}) {
    for (const bool silent : {false, true}) {
      Bench b = active();
      write_ahead(b);
      (silent ? b.silent_steps : b.failing_steps) = {step};
      b.give(order());
      b.give(Command{8, Operation::kAbortSwitchover, 0, std::nullopt, "ann", "not now"});
      b.run(3 * b.config.timing.lease);
      EXPECT_EQ(b.count(Counter::kFencePromotion), 1U) << name(step);
      EXPECT_FALSE(reply(b)->ok);
    }
  }
}

TEST(Switchover, DrainingToFencingWhenThePermitRunsOut) {
  Bench b = active();
  write_ahead(b);
  b.give(order());
  b.peer_answers = false;
  b.run(base::seconds(4));
  EXPECT_EQ(b.count(Counter::kFenceExpired), 1U);
  ASSERT_NE(reply(b), nullptr);
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("fenced"), std::string::npos);
  EXPECT_FALSE(b.view().switchover);
}

TEST(Switchover, DrainingToFencingWhenItsDatabaseFails) {
  Bench b = active();
  write_ahead(b);
  b.give(order());
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced, base::seconds(2)));
  EXPECT_EQ(b.count(Counter::kFenceFailedWriter), 1U);
}

TEST(Switchover, DrainingToFencingForAHigherLiveEpoch) {
  Bench b = active();
  write_ahead(b);
  b.give(order());
  target_writes(b);
  b.peer_datagram(b.from_peer());
  EXPECT_EQ(b.count(Counter::kFenceHigherEpoch), 1U);
}

TEST(Switchover, GivesUpWhenSomebodyOpensItMeanwhile) {
  Bench b = active();
  write_ahead(b);
  b.give(order());
  b.node_read_only = false;
  b.run_ms(300);
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_FALSE(released(b));
}

TEST(Switchover, AReleaseCannotBeTakenBack) {
  Bench b = active();
  b.give(order());
  ASSERT_TRUE(released(b));
  b.give(Command{8, Operation::kAbortSwitchover, 0, std::nullopt, "ann", "not now"});
  EXPECT_FALSE(reply(b, 8)->ok);
  EXPECT_EQ(b.state(), State::kStandby);
}

// Rule 12
TEST(Switchover, TheReleaserNeitherStandsNorSubstitutesForTPromote) {
  for (const bool dead : {false, true}) {
    Bench b = active();
    b.give(order());
    ASSERT_TRUE(released(b));
    const auto at = b.now;
    b.peer_speaks = !dead;
    b.peer_eligible = false;
    while (b.state() == State::kStandby && b.now - at < base::seconds(10)) b.run_ms(10);
    EXPECT_GE(b.now - at, b.config.timing.promote_wait - milliseconds(5));
    EXPECT_LT(b.now - at, b.config.timing.promote_wait + base::seconds(3));  // and then it does
    ASSERT_NE(reply(b), nullptr);
    EXPECT_FALSE(reply(b)->ok);
  }
}

TEST(Switchover, ADryRunTellsThePlanAndChangesNothing) {
  Bench b = active();
  b.log.clear();
  b.give(order(true));
  ASSERT_NE(reply(b), nullptr);
  EXPECT_TRUE(reply(b)->ok) << reply(b)->message;
  EXPECT_NE(reply(b)->message.find("site2"), std::string::npos);
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.last<Fence>(), nullptr);
}

TEST(Switchover, EveryReasonAgainstItIsTold) {
  Bench b = active();
  b.peer_eligible = false;
  b.peer_guard = "none";
  b.peer_hash = 1;
  b.run_ms(300);
  b.give(order(true));
  ASSERT_NE(reply(b), nullptr);
  EXPECT_FALSE(reply(b)->ok);
  for (const auto* word : {"eligible", "guard", "checkpoints"}) {
    EXPECT_NE(reply(b)->message.find(word), std::string::npos) << reply(b)->message;
  }
  auto real = order();
  real.id = 8;
  b.give(real);
  EXPECT_FALSE(reply(b, 8)->ok);
  EXPECT_EQ(b.state(), State::kActive);
}

TEST(Switchover, IsRefusedWithoutASiteToGoTo) {
  Bench b = active();
  auto unknown = order();
  unknown.target = "site9";
  b.give(unknown);
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("site9"), std::string::npos);
  b.peer_speaks = false;
  b.run(base::seconds(1));
  b.log.clear();
  b.give(order());
  EXPECT_NE(reply(b)->message.find("not heard"), std::string::npos);
  EXPECT_EQ(b.state(), State::kActive);
}

TEST(Switchover, IsRefusedAtASiteThatIsNotActive) {
  Bench b = target();
  auto e = order();
  e.target = "site1";
  b.give(e);
  ASSERT_NE(reply(b), nullptr);
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("STANDBY at site2"), std::string::npos) << reply(b)->message;
}

TEST(Switchover, IsRefusedToATargetThatIsFurtherBehindThanTheLimit) {
  Bench b = active();
  b.peer_gtid = "0-1-10";
  for (int i = 11; i < 40; ++i) {
    b.gtid = "0-1-" + std::to_string(i);
    b.run_ms(500);
  }
  b.give(order(true));
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("behind"), std::string::npos) << reply(b)->message;
  b.peer_gtid = "0-1-37";  // a second or so
  b.run_ms(300);
  b.log.clear();
  b.give(order(true));
  EXPECT_TRUE(reply(b)->ok) << reply(b)->message;
}

// A target that has just become a replica may still stand where this site stood when it was promoted.
TEST(Switchover, IsPossibleSoonAfterAPromotion) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.gtid = "0-1-11";
  while (b.now - b.view().since < milliseconds(3400)) b.run_ms(100);  // the target's moratorium is over
  b.give(order(true));
  EXPECT_TRUE(reply(b)->ok) << reply(b)->message;
}

TEST(Switchover, IsRefusedToATargetThatStandsBeforeAllThatIsRemembered) {
  Bench b = active();
  b.peer_gtid = "0-1-3";
  b.run_ms(300);
  b.give(order(true));
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("older than"), std::string::npos) << reply(b)->message;
}

// Rule 5: it would not take the release.
TEST(Switchover, IsRefusedToATargetInItsMoratorium) {
  Bench b = active();
  b.peer_boot = 501;
  b.run_ms(600);
  b.give(order(true));
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_NE(reply(b)->message.find("restarted"), std::string::npos) << reply(b)->message;
}

TEST(Switchover, TheTargetLooksOftenAndTellsItsPositionAtOnce) {
  Bench b = target();
  b.peer_state = ecv::PoolState::kDraining;
  b.peer_target = "site2";
  b.log.clear();
  b.peer_datagram(b.from_peer());
  b.run_ms(100);
  EXPECT_GE(b.all<ProbeNow>().size(), 4U);
  b.gtid = "0-1-11";
  b.run_ms(25);
  EXPECT_EQ(b.said().position, "0-1-11");
  EXPECT_NE(b.said().nonce, 0U);  // a release may answer it
}

TEST(Switchover, ASiteThatIsNotTheTargetDoesNot) {
  Bench b = target();
  b.peer_state = ecv::PoolState::kDraining;
  b.peer_target = "site3";
  b.log.clear();
  b.peer_datagram(b.from_peer());
  b.run_ms(100);
  EXPECT_TRUE(b.all<ProbeNow>().empty());
}

TEST(Switchover, TheTargetDoesNotStandBeforeTheRelease) {
  Bench b = target();
  b.peer_state = ecv::PoolState::kDraining;
  EXPECT_FALSE(b.reach(State::kCandidate, base::seconds(10)));
}

TEST(Switchover, TheTargetTakesTheReleaseWithALeaseFromItsOwnSend) {
  Bench b = target();
  b.silent_steps = {PromoteStep::kApplyReceived};
  b.peer_answers = false;
  const auto nonce = b.said().nonce;
  const auto sent_at = b.now;
  b.pause(milliseconds(200));
  b.peer_datagram(release_of(b, nonce));
  ASSERT_EQ(b.state(), State::kPromoting);
  EXPECT_EQ(b.count(Counter::kPromotionByRelease), 1U);
  EXPECT_LE(*b.view().permit, sent_at + b.config.timing.lease);
}

TEST(Switchover, AReleaseOlderThanTheLeaseIsWorthNothing) {
  Bench b = target();
  const auto nonce = b.said().nonce;
  b.peer_answers = false;
  b.run(b.config.timing.lease + milliseconds(100));
  b.peer_datagram(release_of(b, nonce));
  EXPECT_EQ(b.count(Counter::kPromotionByRelease), 0U);
}

TEST(Switchover, IsNeitherBlockedByAntiFlapNorCountedAsAFlap) {
  Bench b = target();
  for (int i = 0; i < 5; ++i) {
    b.peer_state = ecv::PoolState::kDraining;
    auto d = b.from_peer();
    d.target = "site2";
    b.peer_datagram(d);
    b.run_ms(30);
    d = release_of(b, b.said().nonce);
    d.eligible = false;  // as a releaser says
    b.peer_datagram(d);
    ASSERT_TRUE(b.reach(State::kActive, base::seconds(1))) << i;
    // And back: the other site is the writer again.
    b.run(base::seconds(4));
    b.peer_eligible = true;
    b.peer_gtid = b.gtid;
    b.run_ms(300);
    Command back = order();
    back.target = "site1";
    b.log.clear();
    b.give(back);
    ASSERT_TRUE(released(b)) << (reply(b) != nullptr ? reply(b)->message : "");
    b.peer_state = ecv::PoolState::kActive;
    b.peer_eligible = false;
    b.peer_epoch = b.peer_max = ecv::Epoch::make(b.view().max_epoch_seen.counter() + 1, 1);
    b.run(base::seconds(5));
    ASSERT_TRUE(b.view().eligible) << b.view().reason;
  }
  EXPECT_EQ(b.count(Counter::kFlapBlocked), 0U);
}

TEST(Switchover, ASingleSiteHasNobodyToSwitchTo) {
  Bench b;
  b.config.peers.clear();
  b.peer_speaks = false;
  b.loaded = {};
  b.start();
  ASSERT_TRUE(b.reach(State::kActive, base::seconds(3)));
  b.give(order());
  EXPECT_FALSE(reply(b)->ok);
  EXPECT_EQ(b.state(), State::kActive);
}

TEST(Switchover, ProgressIsJournalled) {
  Bench b = active();
  b.log.clear();
  b.give(order());
  std::vector<std::string> told;
  for (const auto& j : b.all<Journal>()) {
    if (j.id == "pool.switchover") told.push_back(j.message);
  }
  EXPECT_EQ(told, (std::vector<std::string>{"closing", "reading", "catching-up", "released"}));
}

TEST(WrittenPast, TellsHowOldTheOldestMissingTransactionIs) {
  WrittenPast past;
  const auto at = [](int s) { return base::Instant{base::seconds(s)}; };
  const auto set = [](int n) { return *GtidSet::parse("0-1-" + std::to_string(n)); };
  EXPECT_EQ(past.behind(set(1), at(0)), base::Duration::zero());
  for (int i = 0; i < 10; ++i) past.note(std::to_string(i), set(10 + i), at(i), base::seconds(5));
  EXPECT_EQ(past.behind(set(19), at(10)), base::Duration::zero());
  EXPECT_EQ(past.behind(set(17), at(10)), base::seconds(2));  // lacks what came at 8
  EXPECT_EQ(past.behind(set(3), at(10)), std::nullopt);
}

}  // namespace core::testing
