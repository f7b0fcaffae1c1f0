// Deadlines between two hosts whose clocks have nothing in common (protocol.md section 5).
#include "sitecheck/io/guard_clock.h"

#include <gtest/gtest.h>

namespace sitecheck {
namespace {

using base::milliseconds;

base::Instant at(int ms) { return base::Instant(milliseconds(ms)); }
OrderDatagram order(std::uint64_t boot, std::uint64_t seq, std::uint64_t nonce, int left_ms) {
  OrderDatagram o;
  o.boot = boot;
  o.seq = seq;
  o.nonce = nonce;
  o.left = milliseconds(left_ms);
  return o;
}

TEST(GuardClock, TheDeadlineCountsFromTheReportThatTheOrderNames) {
  GuardClock clock;
  EXPECT_EQ(clock.nonce(at(1000), 11), 11U);
  EXPECT_EQ(clock.nonce(at(2000), 22), 22U);
  EXPECT_EQ(clock.take(order(1, 1, 11, 500))->deadline, at(1500));
  EXPECT_EQ(clock.take(order(1, 2, 22, 500))->deadline, at(2500));
}

TEST(GuardClock, ARepeatedOrDelayedOrderChangesNothing) {
  GuardClock clock;
  (void)clock.nonce(at(1000), 11);
  EXPECT_TRUE(clock.take(order(1, 5, 11, 500)));
  EXPECT_FALSE(clock.take(order(1, 5, 11, 500)));
  EXPECT_FALSE(clock.take(order(1, 4, 11, 900)));
  EXPECT_EQ(clock.taken(), 5U);
}

TEST(GuardClock, AnOrderThatNamesNoReportOfThisProcessIsNotTaken) {
  GuardClock clock;
  (void)clock.nonce(at(1000), 11);
  EXPECT_FALSE(clock.take(order(1, 1, 0, 500)));
  EXPECT_FALSE(clock.take(order(1, 2, 12, 500)));
  EXPECT_TRUE(clock.take(order(1, 3, 11, 500)));
}

TEST(GuardClock, ADeadProcesssOrdersEndWithTheFirstOfItsSuccessor) {
  GuardClock clock;
  (void)clock.nonce(at(1000), 11);
  (void)clock.nonce(at(2000), 22);
  EXPECT_TRUE(clock.take(order(1, 900, 11, 500)));
  EXPECT_TRUE(clock.take(order(2, 1, 22, 500)));
  EXPECT_FALSE(clock.take(order(1, 901, 11, 5000)));
  EXPECT_EQ(clock.boot(), 2U);
}

TEST(GuardClock, AFloodOfRequestsDoesNotPushOutTheNonceThatIsUnderWay) {
  GuardClock clock;
  const auto given = clock.nonce(at(1000), 11);
  for (int i = 0; i < 1000; ++i) (void)clock.nonce(at(1000 + i), 100 + static_cast<std::uint64_t>(i));
  EXPECT_TRUE(clock.take(order(1, 1, given, 500)));
}

TEST(GuardClock, WithoutAPermitThereIsNoDeadline) {
  GuardClock clock;
  (void)clock.nonce(at(1000), 11);
  auto cut = order(1, 1, 11, 0);
  cut.wish = GuardWish::kCut;
  const auto taken = clock.take(cut);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->deadline, base::Instant{});
  EXPECT_EQ(taken->wish, GuardWish::kCut);
}

class GuardDatagramTest : public testing::Test {
 protected:
  static ecv::Key key(const std::string& id, std::uint8_t first) {
    ecv::Key k;
    k.id = id;
    k.purpose = ecv::Purpose::kPeers;
    k.secret[0] = first;
    return k;
  }
  ecv::KeyRing ring_{{key("a", 1)}, ecv::Purpose::kPeers};
};

TEST_F(GuardDatagramTest, ComesBackWhole) {
  OrderDatagram o = order(7, 8, 9, 1234);
  o.site = "site1";
  o.pool = "main";
  o.epoch = {513};
  o.wish = GuardWish::kClose;
  const auto back = decode_order_datagram(encode(o, *ring_.signer()), ring_);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->site + back->pool, "site1main");
  EXPECT_EQ(back->boot, 7U);
  EXPECT_EQ(back->left, milliseconds(1234));
  EXPECT_EQ(back->epoch.value, 513U);
  EXPECT_EQ(back->wish, GuardWish::kClose);
  ReportDatagram r;
  r.nonce = 5;
  r.state = GuardState::kClosing;
  r.ready = false;
  r.cut = true;
  r.message = std::string(400, 'x');
  const auto report = decode_report_datagram(encode(r, *ring_.signer()), ring_);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->nonce, 5U);
  EXPECT_EQ(report->state, GuardState::kClosing);
  EXPECT_FALSE(report->ready);
  EXPECT_TRUE(report->cut);
  EXPECT_EQ(report->message.size(), 200U);
}

TEST_F(GuardDatagramTest, OneBitChangedAnotherKeyOrTheOtherKindIsRefused) {
  const auto bytes = encode(order(7, 8, 9, 1234), *ring_.signer());
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    auto bent = bytes;
    bent[i] ^= 1;
    EXPECT_FALSE(decode_order_datagram(bent, ring_)) << i;
    EXPECT_FALSE(decode_order_datagram(base::ByteView(bytes).first(i), ring_)) << i;
  }
  EXPECT_FALSE(decode_order_datagram(bytes, ecv::KeyRing({key("a", 2)}, ecv::Purpose::kPeers)));
  EXPECT_FALSE(decode_order_datagram(bytes, ecv::KeyRing({key("b", 1)}, ecv::Purpose::kPeers)));
  EXPECT_FALSE(decode_report_datagram(bytes, ring_));
}

}  // namespace
}  // namespace sitecheck
