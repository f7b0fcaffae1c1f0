#include "dnsd/data/rate_limiter.h"

#include <gtest/gtest.h>

namespace {

using data::RateKind;
using data::RateLimiter;

const data::SipKey kKey{1, 2, 3};

struct Bench {
  explicit Bench(const data::RateOptions& options) : limiter(options, kKey) {}
  // How many of `count` responses at one moment pass.
  int pass(int count, const std::string& ip = "192.0.2.1", std::uint32_t source = 7,
           RateKind kind = RateKind::kResponse) {
    const auto address = base::IpAddress::parse(ip).value();
    int passed = 0;
    for (int i = 0; i < count; ++i) passed += limiter.over(kind, address.bytes(), source, now) ? 0 : 1;
    return passed;
  }
  RateLimiter limiter;
  base::Instant now{base::seconds(1'000'000)};
};

data::RateOptions ten() {
  data::RateOptions out;
  out.responses = 10;
  out.nxdomains = 5;
  out.errors = 2;
  out.window = base::seconds(3);
  return out;
}

TEST(RateLimiter, LetsOneSecondsWorthPassAtOnceAndThenTheRate) {
  Bench b(ten());
  EXPECT_EQ(b.pass(10), 10);
  EXPECT_EQ(b.pass(1), 0);
  b.now += base::seconds(10);
  int passed = 0;
  for (int i = 0; i < 1000; ++i, b.now += base::milliseconds(100)) passed += b.pass(1);
  EXPECT_EQ(passed, 1000) << "who keeps to the rate is never limited";
}

TEST(RateLimiter, AFloodIsLimitedForTheWindowAfterwards) {
  Bench b(ten());
  EXPECT_EQ(b.pass(1000), 10);
  b.now += base::milliseconds(1900);
  EXPECT_EQ(b.pass(1), 0) << "the debt is worth three seconds";
  b.now += base::seconds(3);
  EXPECT_EQ(b.pass(20), 10);
}

TEST(RateLimiter, KindsHaveRatesOfTheirOwn) {
  Bench b(ten());
  EXPECT_EQ(b.pass(100, "192.0.2.1", 7, RateKind::kError), 2);
  EXPECT_EQ(b.pass(100, "192.0.2.1", 7, RateKind::kNxdomain), 5);
  EXPECT_EQ(b.pass(100, "192.0.2.1", 7, RateKind::kResponse), 10);
  data::RateOptions none = ten();
  none.errors = 0;
  Bench without(none);
  EXPECT_EQ(without.pass(1000, "192.0.2.1", 7, RateKind::kError), 1000) << "0: no limit";
}

TEST(RateLimiter, CountsByNetworkAndByWhatWasAnswered) {
  Bench b(ten());
  EXPECT_EQ(b.pass(100, "192.0.2.1"), 10);
  EXPECT_EQ(b.pass(100, "192.0.2.254"), 0) << "one /24";
  EXPECT_EQ(b.pass(100, "192.0.3.1"), 10);
  EXPECT_EQ(b.pass(100, "192.0.2.1", 8), 10) << "another name";
  EXPECT_EQ(b.pass(100, "2001:db8:0:100::1"), 10);
  EXPECT_EQ(b.pass(100, "2001:db8:0:1ff::1"), 0) << "one /56";
  EXPECT_EQ(b.pass(100, "2001:db8:0:200::1"), 10);
}

TEST(RateLimiter, PrefixesNeedNotEndAtAnOctet) {
  auto options = ten();
  options.ipv4_prefix = 20;
  options.ipv6_prefix = 61;
  Bench b(options);
  EXPECT_EQ(b.pass(100, "10.0.16.1"), 10);
  EXPECT_EQ(b.pass(100, "10.0.31.1"), 0);
  EXPECT_EQ(b.pass(100, "10.0.32.1"), 10);
  EXPECT_EQ(b.pass(100, "2001:db8:0:8::"), 10);
  EXPECT_EQ(b.pass(100, "2001:db8:0:f::"), 0);
  EXPECT_EQ(b.pass(100, "2001:db8:0:10::"), 10);
}

TEST(RateLimiter, WholeAddressesMayBeTheNetwork) {
  auto options = ten();
  options.ipv4_prefix = 32;
  options.ipv6_prefix = 128;
  Bench b(options);
  EXPECT_EQ(b.pass(100, "10.0.0.1"), 10);
  EXPECT_EQ(b.pass(100, "10.0.0.2"), 10);
  EXPECT_EQ(b.pass(100, "2001:db8::1"), 10);
  EXPECT_EQ(b.pass(100, "2001:db8::2"), 10);
}

TEST(RateLimiter, ExemptNetworksAreNeverLimited) {
  auto options = ten();
  options.exempt = {base::Prefix::parse("10.1.0.0/16").value(), base::Prefix::parse("2001:db8:1::/48").value()};
  Bench b(options);
  EXPECT_EQ(b.pass(100, "10.1.200.1"), 100);
  EXPECT_EQ(b.pass(100, "10.2.0.1"), 10);
  EXPECT_EQ(b.pass(100, "2001:db8:1:2::3"), 100);
}

// A flood from forged addresses fills the table; whoever is deepest in debt keeps his place in it.
TEST(RateLimiter, AFullTableForgetsTheLeastIndebted) {
  auto options = ten();
  options.accounts = 4;
  Bench b(options);
  EXPECT_EQ(b.pass(1000, "192.0.2.1"), 10);
  for (int i = 0; i < 200; ++i) EXPECT_EQ(b.pass(1, "10.0." + std::to_string(i) + ".1"), 1);
  EXPECT_EQ(b.pass(10, "192.0.2.1"), 0);
}

TEST(RateLimiter, AnAccountOfLongAgoIsForgotten) {
  Bench b(ten());
  EXPECT_EQ(b.pass(100), 10);
  for (const auto later : {std::chrono::hours(1), std::chrono::hours(24 * 7), std::chrono::hours(24 * 11)}) {
    b.now += later;
    EXPECT_EQ(b.pass(100), 10) << later.count();
  }
}

TEST(RateLimiter, ARateOfOneIsOneASecond) {
  auto options = ten();
  options.responses = 1;
  options.window = base::seconds(1);
  Bench b(options);
  EXPECT_EQ(b.pass(5), 1);
  b.now += base::milliseconds(1000);
  EXPECT_EQ(b.pass(5), 1);
}

}  // namespace
