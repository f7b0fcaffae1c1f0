#include "dnsd/policy.h"

#include <gtest/gtest.h>

namespace {

TEST(Policy, CookiesWorkWithoutAnyConfiguration) {
  dnsd::PolicyMaker maker;
  const auto policy = maker.make({});
  ASSERT_EQ(policy->cookie_secrets.size(), 2U);
  EXPECT_NE(policy->cookie_secrets[0], policy->cookie_secrets[1]);
  EXPECT_NE(policy->cookie_secrets[0], dnsd::PolicyMaker().make({})->cookie_secrets[0]) << "each server has its own";
  EXPECT_EQ(policy->rates, nullptr) << "limits are asked for";
}

TEST(Policy, ARenewedSecretLeavesTheOneBeforeAccepted) {
  dnsd::PolicyMaker maker;
  const auto before = maker.make({})->cookie_secrets;
  maker.renew_secret();
  const auto after = maker.make({})->cookie_secrets;
  EXPECT_NE(after[0], before[0]);
  EXPECT_EQ(after[1], before[0]);
}

TEST(Policy, ASuccessorTakesTheSecretsOver) {
  dnsd::PolicyMaker old;
  dnsd::PolicyMaker next;
  next.take_secrets(old.secrets());
  EXPECT_EQ(next.make({})->cookie_secrets, old.make({})->cookie_secrets);
  next.take_secrets({"no secret", "00"});
  EXPECT_EQ(next.make({})->cookie_secrets, old.make({})->cookie_secrets);
}

TEST(Policy, TheSecretsOfTheFileAreTaken) {
  conf::Dnsd config;
  config.server.cookie_secrets = {{1}, {2}, {3}};
  dnsd::PolicyMaker maker;
  EXPECT_EQ(maker.make(config)->cookie_secrets, config.server.cookie_secrets);
}

TEST(Policy, LimitsOutliveAReloadThatDoesNotChangeThem) {
  conf::Dnsd config;
  config.rate_limit.responses = 5;
  dnsd::PolicyMaker maker;
  const auto first = maker.make(config)->rates;
  ASSERT_NE(first, nullptr);
  EXPECT_EQ(maker.make(config)->rates, first);
  config.rate_limit.slip = 1;
  EXPECT_NE(maker.make(config)->rates, first);
  config.rate_limit.responses = 0;
  EXPECT_EQ(maker.make(config)->rates, nullptr);
  config.rate_limit.errors = 1;
  EXPECT_NE(maker.make(config)->rates, nullptr);
}

TEST(Policy, OtherKindsAreLimitedAsResponsesUnlessTheySay) {
  conf::Dnsd config;
  config.rate_limit.responses = 1;
  config.rate_limit.errors = 0;
  dnsd::PolicyMaker maker;
  auto& rates = *maker.make(config)->rates;
  const std::array<std::uint8_t, 4> client{192, 0, 2, 1};
  const base::Instant now{base::seconds(1000)};
  using data::RateKind;
  EXPECT_FALSE(rates.over(RateKind::kNxdomain, client, 0, now));
  EXPECT_TRUE(rates.over(RateKind::kNxdomain, client, 0, now));
  for (int i = 0; i < 10; ++i) EXPECT_FALSE(rates.over(RateKind::kError, client, 0, now));
}

}  // namespace
