#include "sitecheck/io/stats.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/io/http_client.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

TEST(Stats, ServesMetricsHealthReadinessAndStatus) {
  base::Loop loop;
  bool ready = false;
  const auto server =
      sitecheck::StatsServer::listen(loop, io_test::loopback(),
                                     {[] { return std::string("wideip_x 1\n"); },
                                      [] { return std::string("{\"site\":\"s\"}"); }, [&] { return ready; }});
  ASSERT_TRUE(server);
  io::HttpClient client(loop);
  const auto get = [&](const std::string& path, const std::string& method = "GET") {
    std::optional<io::HttpReply> got;
    io::HttpRequest request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string((*server)->address().port) + path;
    const auto call = client.start(request, [&](const io::HttpReply& r) { got = r; });
    EXPECT_TRUE(io_test::run_until(loop, [&] { return got.has_value(); }));
    return got.value_or(io::HttpReply{});
  };
  const auto metrics = get("/metrics");
  EXPECT_EQ(metrics.body, "wideip_x 1\n");
  EXPECT_EQ(*metrics.header("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  EXPECT_EQ(get("/healthz").status, 200);
  EXPECT_EQ(get("/readyz").status, 503);
  ready = true;
  EXPECT_EQ(get("/readyz").status, 200);
  const auto status = get("/api/v1/status");
  EXPECT_EQ(status.body, "{\"site\":\"s\"}\n");
  EXPECT_EQ(*status.header("content-type"), "application/json");
  EXPECT_EQ(get("/other").status, 404);
  EXPECT_EQ(get("/metrics", "POST").status, 405);
}

}  // namespace
