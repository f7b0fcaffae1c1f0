#include "base/certificate.h"

#include <gtest/gtest.h>

#include "tests/support/certificate.h"

namespace base {
namespace {

TEST(Certificate, TellsWhoseItIsAndHowLongItHolds) {
  const auto found = read_certificate(test::kCertificate);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->subject, "CN = stats.example.com");
  EXPECT_EQ(found->not_before, WallTime(seconds(1795379312)));
  EXPECT_EQ(found->not_after, WallTime(seconds(4948979312)));
}

TEST(Certificate, OfAChainTheFirstCounts) {
  const auto found = read_certificate(std::string("text before\n") + test::kCertificate + "text behind\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->subject, "CN = stats.example.com");
}

TEST(Certificate, WhatIsNoneIsAnError) {
  const std::string whole = test::kCertificate;
  for (const auto& text : {std::string(), std::string("no PEM"), whole.substr(0, whole.size() / 2),
                           std::string("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")}) {
    EXPECT_FALSE(read_certificate(text)) << text;
  }
}

TEST(Certificate, DaysAreWholeOnesAndNegativeAfterwards) {
  const WallTime end(seconds(1'000'000'000));
  EXPECT_EQ(days_until(end, end - std::chrono::hours(49)), 2);
  EXPECT_EQ(days_until(end, end - std::chrono::hours(23)), 0);
  EXPECT_EQ(days_until(end, end), 0);
  EXPECT_EQ(days_until(end, end + seconds(1)), -1);
}

}  // namespace
}  // namespace base
