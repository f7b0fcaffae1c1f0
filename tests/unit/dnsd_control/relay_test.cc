#include "dnsd/control/relay.h"

#include <gtest/gtest.h>

#include "signed_site.h"

namespace control::test {
namespace {

base::Instant at(std::int64_t ms) { return base::Instant{base::milliseconds(1'000'000 + ms)}; }
const ecv::Epoch kEpoch = ecv::Epoch::make(5, 1);

decide::Claim claim(ecv::PoolState state = ecv::PoolState::kActive) {
  return {at(0), at(40), state, kEpoch, base::milliseconds(2000)};
}

TEST(ToRelay, TellsSiteEpochAndTheAgeSinceTheRequestWasSent) {
  const auto relay = to_relay(claim(), kEpoch, at(300));
  ASSERT_TRUE(relay.has_value());
  EXPECT_EQ(relay->site, 1);
  EXPECT_EQ(relay->epoch, kEpoch);
  EXPECT_EQ(relay->age_ms, 300U);
}

TEST(ToRelay, TellsNothingOfClaimsThatAreNotLive) {
  EXPECT_FALSE(to_relay(claim(ecv::PoolState::kStandby), {}, at(1)).has_value());
  EXPECT_FALSE(to_relay(claim(), {}, at(2000)).has_value());
  EXPECT_FALSE(to_relay(claim(), ecv::Epoch::make(6, 2), at(1)).has_value());
}

ecv::ServiceView untested(const decide::MemberId&) { return ecv::ServiceView::kUnknown; }

struct Wire : ::testing::Test {
  base::Loop loop;
  ecv::KeyRing ring{{key()}, ecv::Purpose::kDnsd};
  std::vector<ecv::Datagram> got;
  std::unique_ptr<io::UdpSocket> site = bind([this](base::ByteView bytes) {
    const auto decoded = ecv::decode(bytes, ring);
    ASSERT_EQ(decoded.fault, ecv::DatagramFault::kNone);
    got.push_back(decoded.datagram);
  });
  std::unique_ptr<io::UdpSocket> ours = bind([](base::ByteView) {});
  HealthTable health;
  Ledger ledger;
  conf::Dnsd config;

  std::unique_ptr<io::UdpSocket> bind(std::function<void(base::ByteView)> take) {
    return *io::UdpSocket::bind(loop, {*base::IpAddress::parse("127.0.0.1"), 0},
                                [take = std::move(take)](base::ByteView b, const base::SocketAddress&) { take(b); });
  }
  Wire() {
    conf::WideIp wide;
    wide.members = {{"site1", "main", {}, {}}, {"site2", "main", {}, {}}};
    config.wideips = {wide, wide};  // a second name over the same pool asks for no second relay
    config.sites = {{"site1", {"http://127.0.0.1:1"}, {}, {}}, {"site2", {}, {site->address(), site->address()}, {}}};
    health.configure(targets(config));
    const auto report = report_of("site1", ecv::PoolState::kActive, kEpoch, 2000);
    (void)health.report({"site1", "main"}, "http://127.0.0.1:1", report, at(0), at(1));
  }
};

TEST_F(Wire, TheOtherSiteIsToldOverEveryPathWithAGrowingSeq) {
  Relayer relayer("ns1", ring);
  relayer.configure(config);
  relayer.send(*ours, health, ledger, untested, at(100));
  ASSERT_TRUE(run_until(loop, [&] { return got.size() == 2; }));
  EXPECT_EQ(got[0].from, "ns1");
  EXPECT_EQ(got[0].to, "site2");
  EXPECT_EQ(got[0].pool, "main");
  EXPECT_EQ(got[0].relay->site, 1);
  EXPECT_EQ(got[0].relay->epoch, kEpoch);
  EXPECT_EQ(got[0].relay->age_ms, 100U);
  EXPECT_EQ(got[0].boot_id, got[1].boot_id);
  EXPECT_NE(got[0].seq, got[1].seq);
  EXPECT_EQ(got[0].want, ecv::Want::kNone);
  EXPECT_TRUE(got[0].answers.empty());
  EXPECT_EQ(relayer.counters().sent, 2U);
}

TEST_F(Wire, NothingIsToldOnceTheLeaseIsOver) {
  Relayer relayer("ns1", ring);
  relayer.configure(config);
  relayer.send(*ours, health, ledger, untested, at(5000));
  EXPECT_EQ(relayer.counters().sent, 0U);
}

TEST_F(Wire, TheNonceOfASiteIsEchoedAndThatOfAStrangerIsNot) {
  Relayer relayer("ns1", ring);
  relayer.configure(config);
  ecv::Datagram hello;
  hello.pool = "main";
  hello.from = "site2";
  hello.to = "ns1";
  hello.nonce = 4711;
  relayer.receive(*ecv::encode(hello, key()));
  hello.from = "site7";
  hello.nonce = 1;
  relayer.receive(*ecv::encode(hello, key()));
  hello.from = "site2";
  relayer.receive(*ecv::encode(hello, key("d1", 9)));
  relayer.receive(base::as_bytes("rubbish"));
  EXPECT_EQ(relayer.counters().received, 1U);
  EXPECT_EQ(relayer.counters().unverified, 3U);
  relayer.send(*ours, health, ledger, untested, at(100));
  ASSERT_TRUE(run_until(loop, [&] { return !got.empty(); }));
  EXPECT_EQ(got[0].echo, 4711U);
}

// Protocol.md section 3, service address.
TEST_F(Wire, WhatTheTestsFoundGoesWithTheRelay) {
  Relayer relayer("ns1", ring);
  relayer.configure(config);
  const auto down = [](const decide::MemberId& id) {
    return id.site == "site2" ? ecv::ServiceView::kDown : ecv::ServiceView::kUnknown;
  };
  relayer.send(*ours, health, ledger, down, at(100));
  ASSERT_TRUE(run_until(loop, [&] { return got.size() == 2; }));
  EXPECT_EQ(got[0].service, ecv::ServiceView::kDown);
  EXPECT_TRUE(got[0].relay.has_value());
}

TEST_F(Wire, WhatTheTestsFoundIsToldWithoutAClaimToo) {
  Relayer relayer("ns1", ring);
  relayer.configure(config);
  relayer.send(
      *ours, health, ledger, [](const decide::MemberId&) { return ecv::ServiceView::kUp; }, at(5000));
  ASSERT_TRUE(run_until(loop, [&] { return got.size() == 2; }));
  EXPECT_EQ(got[0].service, ecv::ServiceView::kUp);
  EXPECT_FALSE(got[0].relay.has_value());
}

}  // namespace
}  // namespace control::test
