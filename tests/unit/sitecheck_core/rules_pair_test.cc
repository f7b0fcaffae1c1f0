// protocol.md section 2, rules 9 to 15: one test or more for each.
#include <gtest/gtest.h>

#include "ecv/peer_link.h"
#include "sitecheck/core/gtid.h"
#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

constexpr auto kActive = ecv::PoolState::kActive;
constexpr auto kStandby = ecv::PoolState::kStandby;
constexpr auto kGrant = ecv::AnswerKind::kGrant;
constexpr auto kRefuse = ecv::AnswerKind::kRefuse;

Bench standby(std::uint8_t id = 2) {
  Bench b(id);
  b.peer_state = kActive;
  b.peer_epoch = b.peer_max = ecv::Epoch::make(5, static_cast<std::uint8_t>(3 - id));
  b.start();
  b.run(base::seconds(5));
  EXPECT_EQ(b.state(), State::kStandby);
  return b;
}

ecv::Datagram relay(const Bench& b, std::uint64_t seq, std::uint32_t age_ms) {
  ecv::Datagram d;
  d.pool = "main";
  d.from = "ns1";
  d.to = b.config.site;
  d.boot_id = 9;
  d.seq = seq;
  d.relay = ecv::Relay{b.config.peers.front().id, ecv::Epoch::make(5, b.config.peers.front().id), age_ms};
  return d;
}

}  // namespace

TEST(Rule9, TheHashCoversExternalCheckpointsArbiterAndTiming) {
  const Bench b;
  const auto hash = config_hash(b.config);
  auto other = b.config;
  std::swap(other.checkpoints[0], other.checkpoints[2]);  // their order does not matter
  EXPECT_EQ(config_hash(other), hash);
  other.checkpoints.push_back({"lan", Scope::kInternal, "10.0.0.1"});
  EXPECT_EQ(config_hash(other), hash);
  other.checkpoints.push_back({"d", Scope::kExternal, "d"});
  EXPECT_NE(config_hash(other), hash);
  other = b.config;
  other.promote_on_silence = false;
  EXPECT_NE(config_hash(other), hash);
  other = b.config;
  other.timing.lease += milliseconds(1);
  EXPECT_NE(config_hash(other), hash);
}

TEST(Rule9, RoundsAreSlowWhileThePeerIsHeardAndFastWhileItIsSilent) {
  Bench b = standby();
  b.log.clear();
  b.run(base::seconds(20));
  EXPECT_LE(b.all<StartRound>().size(), 3U);
  b.log.clear();
  b.peer_speaks = false;
  b.peer_eligible = false;
  b.run(base::seconds(3));
  EXPECT_GE(b.all<StartRound>().size(), 8U);
}

TEST(Rule9, TheFirstFastRoundBeginsWhenItCanBeCredited) {
  Bench b = standby();
  b.peer_speaks = false;
  const auto heard = *b.view().peer->last_heard;
  b.log.clear();
  while (b.all<StartRound>().empty()) b.run_ms(1);
  EXPECT_GE(b.now - heard, b.config.timing.window());
  EXPECT_LE(b.now - heard, b.config.timing.window() + milliseconds(20));
}

TEST(Rule10, WhatCannotBeVerifiedInhibitsSubstitutionForTPromote) {
  Bench b = standby();
  b.peer_speaks = false;
  for (int i = 0; i < 40; ++i) {
    b.run_ms(250);
    b.give(PeerUnverifiable{ecv::DatagramFault::kUnknownKey, 0});
  }
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_FALSE(b.view().alarms.empty());
  b.run(b.config.timing.promote_wait - milliseconds(100));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(1)));
}

TEST(Rule10, AnotherConfigurationTurnsSubstitutionOffButNotGrants) {
  Bench b = standby();
  b.peer_hash = 1;
  b.run_ms(600);
  EXPECT_FALSE(b.view().peer->config_match);
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, kGrant);
  b.peer_speaks = false;
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_GE(b.count(Counter::kConfigInhibit), 1U);
}

TEST(Rule10, AnotherConfigurationIsRememberedAcrossARestart) {
  Bench b = standby();
  b.peer_hash = 1;
  b.run_ms(600);
  ASSERT_NE(b.last<Persist>(), nullptr);
  EXPECT_TRUE(b.last<Persist>()->record.peer_differs);
  b.loaded.record = b.last<Persist>()->record;
  b.peer_speaks = false;
  b.start();
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kStandby);
}

TEST(Rule11, OnlyGrowingSeqOfOneProcessIsAccepted) {
  Bench b = standby();
  const auto old = b.from_peer();
  b.peer_datagram(b.from_peer());
  b.peer_speaks = false;
  b.run(base::seconds(2));
  const auto stale = b.count(Counter::kStale);
  b.peer_datagram(old);  // replayed: resets nothing
  EXPECT_EQ(b.count(Counter::kStale), stale + 1);
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(2)));
}

TEST(Rule11, ANewProcessIsBelievedOnlyAfterItEchoedOurNonce) {
  Bench b = standby();
  b.peer_boot = 501;
  auto d = b.from_peer(false);
  d.want = ecv::Want::kRenew;
  b.peer_datagram(d);
  EXPECT_FALSE(b.answer_to(d.nonce));
  EXPECT_EQ(b.ask(ecv::Want::kRenew, kActive)->kind, kGrant);  // echoes
}

TEST(Rule11, AProcessThatIsNotYetBelievedIsNotSilenceEither) {
  Bench b = standby();
  b.peer_speaks = false;
  b.peer_boot = 501;
  for (int i = 0; i < 40; ++i) {
    b.run_ms(250);
    b.peer_datagram(b.from_peer(false));  // restarted, and cannot hear us
  }
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_EQ(b.count(Counter::kPromotionBySubstitution), 0U);
}

TEST(Rule11, AnEarlierProcessStaysSuperseded) {
  Bench b = standby();
  auto late = b.from_peer();  // of process 500, with a true echo, delayed
  b.peer_boot = 501;
  b.run_ms(600);
  late.seq += 1000;
  const auto stale = b.count(Counter::kStale);
  b.peer_datagram(late);
  EXPECT_EQ(b.count(Counter::kStale), stale + 1);
}

TEST(Rule11, AProcessOvertakenByItsSuccessorDoesNotTakeItsPlace) {
  using ecv::PeerLink;
  PeerLink link(ecv::preset("lan")->lease, 1, 2, 1);
  const Instant t(base::seconds(9));
  ecv::Datagram ours;
  link.stamp(ours, true, t);
  ecv::Datagram successor;
  successor.boot_id = 8;
  successor.seq = 1;
  successor.echo = ours.nonce;
  EXPECT_EQ(link.receive(successor, 0, t + milliseconds(10)), PeerLink::Freshness::kAccepted);
  ecv::Datagram predecessor = successor;  // heard our nonce, then died; its datagram comes late
  predecessor.boot_id = 7;
  predecessor.seq = 99;
  EXPECT_EQ(link.receive(predecessor, 0, t + milliseconds(20)), PeerLink::Freshness::kUnproven);
  successor.seq = 2;
  EXPECT_EQ(link.receive(successor, 0, t + milliseconds(30)), PeerLink::Freshness::kAccepted);
}

TEST(Rule11, AnAnswerIsSaidAgainBecauseTheNextDatagramMayOvertakeIt) {
  Bench b = standby();
  auto d = b.from_peer();
  d.want = ecv::Want::kRenew;
  b.log.clear();
  b.peer_datagram(d);
  b.run_ms(300);
  int said = 0;
  for (const auto& sent : b.all<SendPeer>()) {
    for (const auto& a : sent.datagram.answers) said += a.nonce == d.nonce ? 1 : 0;
  }
  EXPECT_EQ(said, 2);
}

TEST(Rule12, TheTargetsLeaseCountsFromTheSendOfItsRequest) {
  Bench b = standby();
  b.run_ms(10);
  const auto request = b.said();
  const auto sent_at = b.now;
  b.peer_speaks = false;
  b.pause(milliseconds(200));
  b.silent_steps = {PromoteStep::kArmGuard};
  b.peer_state = ecv::PoolState::kFenced;
  auto d = b.from_peer();
  d.answers.push_back({request.nonce, ecv::AnswerKind::kRelease, "", ecv::Epoch::make(5, 1)});
  b.peer_datagram(d);
  ASSERT_EQ(b.state(), State::kPromoting);
  EXPECT_EQ(b.count(Counter::kPromotionByRelease), 1U);
  EXPECT_LE(*b.view().permit, sent_at + b.config.timing.lease);
}

TEST(Rule12, AFailedWriterReleasesAndThenNeitherStandsNorSubstitutes) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(base::seconds(1));
  b.log.clear();
  b.node_answers = false;
  ASSERT_TRUE(b.reach(State::kFenced));
  EXPECT_EQ(b.count(Counter::kReleased), 1U);
  bool released = false;
  bool cleared_before = false;
  for (const auto& action : b.log) {
    if (std::holds_alternative<ClearPermit>(action)) cleared_before = !released;
    const auto* sent = std::get_if<SendPeer>(&action);
    if (sent == nullptr) continue;
    for (const auto& a : sent->datagram.answers) released = released || a.kind == ecv::AnswerKind::kRelease;
  }
  EXPECT_TRUE(released);
  EXPECT_TRUE(cleared_before);
  b.node_answers = true;
  b.peer_speaks = false;
  const auto released_at = b.now;
  ASSERT_FALSE(b.reach(State::kPromoting, b.config.timing.promote_wait - milliseconds(200)));
  EXPECT_LT(b.now - released_at, b.config.timing.promote_wait);
}

TEST(Rule13, AGranterThatHoldsMoreRefusesAndStandsItself) {
  Bench b;
  b.peer_answers = false;
  b.peer_gtid = "0-1-9";
  b.start();
  b.run(base::seconds(4));
  const auto answer = b.ask(ecv::Want::kPromote, kStandby);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->kind, kRefuse);
  EXPECT_EQ(answer->reason, "behind");
  EXPECT_TRUE(b.reach(State::kCandidate, base::seconds(2)));
}

TEST(Rule13, AStandbyThatHoldsLessDoesNotStand) {
  Bench b;
  b.peer_gtid = "0-1-11";
  b.start();
  EXPECT_FALSE(b.reach(State::kCandidate, base::seconds(8)));
  EXPECT_EQ(b.ask(ecv::Want::kPromote, kStandby)->kind, kGrant);
}

TEST(Rule13, DivergedBothWaysNobodyIsPromoted) {
  Bench b;
  b.gtid = "0-1-10,0-2-12";
  b.peer_gtid = "0-1-11,0-2-11";
  b.start();
  EXPECT_FALSE(b.reach(State::kCandidate, base::seconds(8)));
  EXPECT_EQ(b.ask(ecv::Want::kPromote, kStandby)->kind, kRefuse);
  ASSERT_FALSE(b.view().alarms.empty());
}

TEST(Rule13, TransactionsOfTheEpochTableDoNotCount) {
  Bench b;
  b.gtid = "0-1-10," + std::to_string(kEpochDomain) + "-1-7";
  b.start();
  b.peer_answers = false;
  b.run(base::seconds(3));
  b.ask(ecv::Want::kRenew, kActive);
  EXPECT_NE(b.ask(ecv::Want::kPromote, kStandby)->reason, "behind");
}

TEST(Rule13, AGranterThatCannotStandGrants) {
  Bench b;
  b.gtid = "0-1-20";
  b.start();
  b.run_ms(600);
  b.node_answers = false;
  b.run(base::seconds(2));
  EXPECT_EQ(b.ask(ecv::Want::kPromote, kStandby)->kind, kGrant);
}

TEST(Rule14, ARelayInhibitsAStandby) {
  Bench b = standby();
  b.peer_speaks = false;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    b.run_ms(250);
    b.give(RelayDatagram{relay(b, i, 20)});
  }
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_TRUE(b.reach(State::kActive, b.config.timing.promote_wait + base::seconds(1)));
}

TEST(Rule14, ARelayIsNeitherAGrantNorThePeerSpeaking) {
  Bench b;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.peer_speaks = false;
  for (std::uint64_t i = 1; i <= 40; ++i) {
    b.run_ms(250);
    auto d = relay(b, i, 20);
    d.relay->epoch = ecv::Epoch::make(1, 2);
    b.give(RelayDatagram{d});
  }
  EXPECT_EQ(b.state(), State::kActive);  // its checkpoint rounds are credited all the same
  EXPECT_GT(b.count(Counter::kRenewedByCheckpoints), 10U);
}

TEST(Rule14, ARelayCountsByItsAgeAndAReplayedOneNotAtAll) {
  Bench b = standby();
  b.peer_speaks = false;
  b.run_ms(250);
  const auto d = relay(b, 1, 20);
  b.give(RelayDatagram{d});
  for (int i = 0; i < 12; ++i) {
    b.run_ms(250);
    b.give(RelayDatagram{d});
  }
  EXPECT_TRUE(b.reach(State::kActive, base::seconds(1)));
}

TEST(Rule15, ANewPairFindsItsFirstWriterAndCountsFromOne) {
  Bench b;
  b.loaded = {};
  b.start();
  const auto begin = b.now;
  ASSERT_TRUE(b.reach(State::kActive));
  EXPECT_LE(b.now - begin, b.config.timing.promote_wait + base::seconds(1));
  EXPECT_EQ(b.view().epoch.counter(), 1U);
  EXPECT_EQ(b.view().epoch.site_id(), 1U);
}

TEST(Rule15, OfANewPairTheHigherIdWaitsFourIntervals) {
  Bench b(2);
  b.loaded = {};
  b.peer_answers = false;
  b.start();
  ASSERT_TRUE(b.reach(State::kStandby));
  const auto since = b.now;
  ASSERT_TRUE(b.reach(State::kCandidate));
  EXPECT_GE(b.now - since, 4 * b.config.timing.interval);
}

TEST(Rule15, ANewPairIsNeverBegunBySubstitution) {
  Bench b;
  b.loaded = {};
  b.start();
  b.run(base::seconds(1));
  ASSERT_EQ(b.state(), State::kStandby);
  b.peer_speaks = false;
  EXPECT_FALSE(b.reach(State::kPromoting, base::seconds(15)));
}

TEST(Rule15, WithoutHearingItsPeerANewSiteStaysInInit) {
  Bench b;
  b.loaded = {};
  b.peer_speaks = false;
  b.start();
  b.run(base::seconds(15));
  EXPECT_EQ(b.state(), State::kInit);
}

}  // namespace core::testing
