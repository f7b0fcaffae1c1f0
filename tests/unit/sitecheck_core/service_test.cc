// protocol.md section 3, "Service address".
#include "sitecheck/core/service.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/sitecheck_core/bench.h"

namespace core::testing {

namespace {

using ecv::ServiceView;

Bench active(bool service = true) {
  Bench b;
  if (service) b.config.pools[0].service = "192.0.2.11@3306";
  b.start();
  EXPECT_TRUE(b.reach(State::kActive));
  b.peer_service = ServiceView::kUp;
  b.run(base::seconds(5));
  return b;
}

bool alarm(const Bench& b, const std::string& word) {
  const auto alarms = b.view().alarms;
  return std::any_of(alarms.begin(), alarms.end(),
                     [&](const std::string& a) { return a.find(word) != std::string::npos; });
}

// What a dnsd says of our address, as often as it does.
void dnsd(Bench& b, const std::string& id, ServiceView found, std::uint64_t seq) {
  RelayDatagram e;
  e.datagram.pool = "main";
  e.datagram.from = id;
  e.datagram.to = "site1";
  e.datagram.boot_id = 9;
  e.datagram.seq = seq;
  e.datagram.service = found;
  b.give(e);
}

}  // namespace

TEST(Service, DownAfterFallFailuresInARowAndUpAfterOneSuccess) {
  ServiceViews views;
  EXPECT_EQ(views.at("site2"), ServiceView::kUnknown);
  views.tested("site2", false, 3);
  views.tested("site2", false, 3);
  EXPECT_EQ(views.at("site2"), ServiceView::kUnknown);
  views.tested("site2", true, 3);
  EXPECT_EQ(views.at("site2"), ServiceView::kUp);
  views.tested("site2", false, 3);
  views.tested("site2", false, 3);
  EXPECT_EQ(views.at("site2"), ServiceView::kUp);
  views.tested("site2", false, 3);
  EXPECT_EQ(views.at("site2"), ServiceView::kDown);
}

TEST(Service, WhatIsFoundAtThePeerIsToldToIt) {
  Bench b = active();
  EXPECT_EQ(b.said().service, ServiceView::kUnknown);
  for (int i = 0; i < 9; ++i) b.give(ServiceTested{0, "site2", false, "no handshake"});
  b.run_ms(300);
  EXPECT_EQ(b.said().service, ServiceView::kUnknown);  // it was never reached: a typing error, perhaps
  b.give(ServiceTested{0, "site2", true, ""});
  for (int i = 0; i < 3; ++i) b.give(ServiceTested{0, "site2", false, "no handshake"});
  b.run_ms(300);
  EXPECT_EQ(b.said().service, ServiceView::kDown);
  b.give(ServiceTested{0, "site2", true, ""});
  b.run_ms(300);
  EXPECT_EQ(b.said().service, ServiceView::kUp);
  b.give(ServiceTested{0, "site9", true, ""});  // of no site: nothing
}

// A site that was cut off must not come back with the word that the other's service address is dead.
TEST(Service, WhatFailsWhileTheSiteIsNotHeardAtAllSaysNothing) {
  Bench b = active();
  b.give(ServiceTested{0, "site2", true, ""});
  b.peer_speaks = false;
  b.run(base::seconds(2));
  for (int i = 0; i < 9; ++i) b.give(ServiceTested{0, "site2", false, "no handshake"});
  b.peer_speaks = true;
  b.run(base::seconds(1));
  EXPECT_EQ(b.said().service, ServiceView::kUp);
  for (int i = 0; i < 2; ++i) b.give(ServiceTested{0, "site2", false, "no handshake"});
  b.run_ms(300);
  EXPECT_EQ(b.said().service, ServiceView::kUp);
  b.give(ServiceTested{0, "site2", false, "no handshake"});
  b.run_ms(300);
  EXPECT_EQ(b.said().service, ServiceView::kDown);
}

TEST(Service, AWriterThatNobodyReachesIsHandedOn) {
  Bench b = active();
  EXPECT_EQ(b.view().service, ServiceView::kUp);
  b.peer_service = ServiceView::kDown;
  b.run(b.config.timing.fall * b.config.timing.interval - milliseconds(300));
  EXPECT_EQ(b.state(), State::kActive);  // not before `fall` rounds
  b.run(base::seconds(1));
  EXPECT_EQ(b.count(Counter::kServiceLost), 1U);
  EXPECT_EQ(b.count(Counter::kReleased), 1U);
  EXPECT_EQ(b.state(), State::kStandby);
  EXPECT_TRUE(alarm(b, "service address"));
  EXPECT_EQ(b.site->report(0, b.now).service, "down");
}

// A balancer that asks for health sends nobody to a standby: what was down before the promotion is no verdict.
TEST(Service, AFreshWriterIsGivenTimeToBeReached) {
  Bench b;
  b.config.pools[0].service = "192.0.2.11@3306";
  b.peer_service = ServiceView::kDown;
  b.start();
  ASSERT_TRUE(b.reach(State::kActive));
  b.run(b.config.timing.promote_wait - milliseconds(300));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.count(Counter::kServiceLost), 0U);
  b.peer_service = ServiceView::kUp;
  b.run(base::seconds(10));
  EXPECT_EQ(b.state(), State::kActive);
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(2));
  EXPECT_EQ(b.count(Counter::kServiceLost), 1U);
}

TEST(Service, TheSiteThatLostItStaysOutUntilItIsReachedAgain) {
  Bench b = active();
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(2));
  ASSERT_EQ(b.count(Counter::kReleased), 1U);
  b.peer_state = ecv::PoolState::kActive;
  b.peer_eligible = false;  // as of a writer
  b.peer_epoch = b.peer_max = ecv::Epoch::make(9, 2);
  b.run(base::seconds(10));
  EXPECT_FALSE(b.view().eligible);
  EXPECT_NE(b.view().reason.find("service address"), std::string::npos) << b.view().reason;
  b.peer_service = ServiceView::kUp;
  b.run(base::seconds(1));
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
  EXPECT_EQ(b.state(), State::kStandby);  // no failback
  EXPECT_FALSE(alarm(b, "service address"));
}

// Who restarted knows no better whether clients reach it.
TEST(Service, ARestartDoesNotBringItBack) {
  Bench b = active();
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(2));
  ASSERT_EQ(b.count(Counter::kReleased), 1U);
  const auto record = b.last<Persist>()->record;
  EXPECT_TRUE(record.service_lost);

  Bench again;
  again.config.pools[0].service = "192.0.2.11@3306";
  again.loaded.record = record;
  again.peer_service = ServiceView::kDown;
  again.peer_state = ecv::PoolState::kActive;
  again.peer_eligible = false;
  again.peer_epoch = again.peer_max = ecv::Epoch::make(9, 2);
  again.start();
  again.run(base::seconds(20));
  EXPECT_FALSE(again.view().eligible);
  EXPECT_NE(again.view().reason.find("service address"), std::string::npos) << again.view().reason;
  again.peer_service = ServiceView::kUp;
  again.run(base::seconds(1));
  EXPECT_TRUE(again.view().eligible) << again.view().reason;
  EXPECT_FALSE(again.last<Persist>()->record.service_lost);
}

TEST(Service, TheStatusNamesWhoFindsWhat) {
  Bench b = active();
  dnsd(b, "ns1", ServiceView::kDown, 1);
  dnsd(b, "ns2", ServiceView::kUnknown, 1);
  const auto voices = b.view().service_voices;
  ASSERT_EQ(voices.size(), 2U);
  EXPECT_EQ(voices[0].from, "site2");
  EXPECT_EQ(voices[0].found, ServiceView::kUp);
  EXPECT_EQ(voices[1].from, "ns1");
  EXPECT_EQ(voices[1].found, ServiceView::kDown);
  EXPECT_EQ(b.site->report(0, b.now).service_at, "192.0.2.11@3306");
  b.run(3 * b.config.timing.lease);  // who has fallen silent finds nothing
  EXPECT_EQ(b.view().service_voices.size(), 1U);
}

TEST(Service, APersonMayBringItBackBefore) {
  Bench b = active();
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(2));
  b.peer_state = ecv::PoolState::kActive;
  b.peer_eligible = false;  // as of a writer
  b.peer_epoch = b.peer_max = ecv::Epoch::make(9, 2);
  b.run(base::seconds(10));
  b.give(Command{1, Operation::kRecover, 0, std::nullopt, "ann", "the balancer answers only for the writer"});
  b.run_ms(300);
  EXPECT_TRUE(b.view().eligible) << b.view().reason;
}

TEST(Service, OneThatReachesItIsEnough) {
  Bench b = active();
  dnsd(b, "ns1", ServiceView::kUp, 1);
  b.peer_service = ServiceView::kDown;
  for (std::uint64_t i = 2; i < 12; ++i) {
    b.run_ms(500);
    dnsd(b, "ns1", ServiceView::kUp, i);
  }
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().service, ServiceView::kUp);
  for (std::uint64_t i = 12; i < 16; ++i) {
    b.run_ms(500);
    dnsd(b, "ns1", ServiceView::kDown, i);
  }
  EXPECT_EQ(b.count(Counter::kServiceLost), 1U);
}

TEST(Service, ADnsdThatNeverTestsOrWasNotHeardOfLateDoesNotCount) {
  Bench b = active();
  dnsd(b, "ns1", ServiceView::kUp, 1);
  b.run(base::seconds(10));
  dnsd(b, "ns2", ServiceView::kUnknown, 1);
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(2));
  EXPECT_EQ(b.count(Counter::kServiceLost), 1U);
}

TEST(Service, DnsdsAloneMoveNothing) {
  Bench b = active();
  b.peer_service = ServiceView::kUnknown;
  for (std::uint64_t i = 1; i < 10; ++i) {
    dnsd(b, "ns1", ServiceView::kDown, i);
    b.run_ms(500);
  }
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.count(Counter::kServiceLost), 0U);
}

TEST(Service, WithoutAnEligiblePeerThereIsAnAlarmOnly) {
  Bench b = active();
  b.peer_eligible = false;
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_TRUE(alarm(b, "no other site can take the writer"));
  b.peer_eligible = true;
  b.run(base::seconds(1));
  EXPECT_EQ(b.count(Counter::kReleased), 1U);
}

TEST(Service, WithoutAConfiguredAddressNothingIsConcluded) {
  Bench b = active(false);
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_EQ(b.view().service, ServiceView::kUnknown);
}

TEST(Service, ASwitchoverForItThatIsGivenUpIsNotBegunAgainAtOnce) {
  Bench b = active();
  b.gtid = "0-1-11";  // the peer never gets there
  b.run_ms(300);
  b.peer_service = ServiceView::kDown;
  b.run(base::seconds(20));
  EXPECT_EQ(b.state(), State::kActive);
  EXPECT_LE(b.count(Counter::kSwitchover), 1U);
}

TEST(ServiceAddress, IsToldToThePeerAndTestedWhereThePeerSaysThatItIs) {
  auto b = active();
  EXPECT_EQ(b.said().service_at, "192.0.2.11@3306");
  EXPECT_TRUE(b.all<TestService>().empty());
  b.peer_service_at = "198.51.100.11@3306";
  b.run(base::seconds(1));
  ASSERT_EQ(b.all<TestService>().size(), 1U);  // once, not with every datagram
  EXPECT_EQ(b.all<TestService>()[0].site, "site2");
  EXPECT_EQ(b.all<TestService>()[0].address, "198.51.100.11@3306");
  b.peer_service_at = "";
  b.run(base::seconds(1));
  ASSERT_EQ(b.all<TestService>().size(), 2U);
  EXPECT_EQ(b.all<TestService>()[1].address, "");
}

}  // namespace core::testing
