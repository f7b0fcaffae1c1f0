#include "dnsd/data/client_limits.h"

#include <gtest/gtest.h>

namespace {

using data::ClientLimits;
using Verdict = ClientLimits::Verdict;

base::IpAddress ip(const char* text) { return base::IpAddress::parse(text).value(); }

TEST(ClientLimits, CountsPerClientAndInAll) {
  ClientLimits limits(3, 2);
  EXPECT_EQ(limits.enter(ip("192.0.2.1")), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter(ip("192.0.2.1")), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter(ip("192.0.2.1")), Verdict::kClient);
  EXPECT_EQ(limits.enter(ip("192.0.2.2")), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter(ip("192.0.2.3")), Verdict::kTotal);
  limits.leave(ip("192.0.2.1"));
  EXPECT_EQ(limits.open(), 2);
  EXPECT_EQ(limits.enter(ip("192.0.2.1")), Verdict::kAdmitted);
}

TEST(ClientLimits, AnIpv6ClientIsItsSlash64) {
  ClientLimits limits(10, 1);
  EXPECT_EQ(limits.enter(ip("2001:db8:0:1::1")), Verdict::kAdmitted);
  EXPECT_EQ(limits.enter(ip("2001:db8:0:1::2")), Verdict::kClient);
  EXPECT_EQ(limits.enter(ip("2001:db8:0:2::1")), Verdict::kAdmitted);
}

TEST(ClientLimits, LeavingWithoutEnteringChangesNothing) {
  ClientLimits limits(1, 1);
  limits.leave(ip("192.0.2.1"));
  EXPECT_EQ(limits.open(), 0);
}

}  // namespace
