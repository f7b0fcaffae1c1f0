#include "sitecheck/io/stats.h"

#include "tests/unit/sitecheck_io/api_site.h"

namespace {

class Stats : public api_test::ApiTest {};

TEST_F(Stats, ServesMetricsHealthReadinessAndStatus) {
  serve();
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics.body, "wideip_x 1\n");
  EXPECT_EQ(*metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 503);
  ready_ = true;
  EXPECT_EQ(get("/readyz").status, 200);
  const auto status = get("/api/v1/status");
  EXPECT_EQ(json(status)["site"], "site1");
  EXPECT_EQ(*status.header("content-type"), "application/json");
  EXPECT_EQ(get("/other").status, 404);
  EXPECT_EQ(get("/api/v10").status, 404);
  EXPECT_EQ(get("/metrics", "", "POST").status, 405);
}

// Monitoring comes without tokens, from wherever it stands.
TEST_F(Stats, TokensAreForTheApiOnly) {
  conf_.anonymous = conf::AnonymousReaders::kNobody;
  serve();
  EXPECT_EQ(get("/metrics").status, 200);
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/api/v1/status").status, 401);
}

TEST_F(Stats, TokensAreExchangedWithoutARestart) {
  conf_.anonymous = conf::AnonymousReaders::kNobody;
  serve();
  auto other = conf_;
  other.tokens[1].secret = "another-token-0123456789";
  ASSERT_TRUE(server_->renew(other));
  EXPECT_EQ(get("/api/v1/status", api_test::kReadToken).status, 401);
  EXPECT_EQ(get("/api/v1/status", "another-token-0123456789").status, 200);
}

TEST_F(Stats, TlsDoesNotComeWithoutARestart) {
  serve();
  auto other = conf_;
  other.tls = conf::ServerTls{"", ""};
  other.tokens.clear();
  const auto renewed = server_->renew(other);
  ASSERT_FALSE(renewed);
  EXPECT_EQ(get("/api/v1/status", api_test::kReadToken).status, 200) << "whole or not at all";
}

}  // namespace
