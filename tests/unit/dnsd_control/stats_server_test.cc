#include "dnsd/control/stats_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "base/io/http_client.h"
#include "tests/unit/base_io/loop_util.h"

namespace control {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::Pair;

io::ServerRequest request(const std::string& method, const std::string& path) {
  io::ServerRequest out;
  out.method = method;
  out.target = path;
  out.path = path;
  return out;
}

conf::Stats at(const base::SocketAddress& address) {
  conf::Stats out;
  out.listen = address;
  return out;
}

StatsSource source(const bool& ready) {
  return {[] { return std::string("# HELP a_total A.\n# TYPE a_total counter\na_total 1\n"); },
          [](std::optional<std::size_t>) { return std::string(R"({"id":"ns1"})"); }, [&ready] { return ready; }};
}

TEST(StatsServer, StatusIsAskedForFromAPlaceOn) {
  const bool ready = true;
  auto from = source(ready);
  from.status = [](std::optional<std::size_t> place) { return place ? std::to_string(*place) : "all"; };
  auto asked = request("GET", "/api/v1/status");
  EXPECT_EQ(answer_stats(from, asked).body, "all");
  asked.query = {{"from", "2000"}};
  EXPECT_EQ(answer_stats(from, asked).body, "2000");
  for (const auto* bad : {"", "-1", "x", "1x"}) {
    asked.query = {{"from", bad}};
    EXPECT_EQ(answer_stats(from, asked).status, 400) << bad;
  }
}

TEST(StatsServer, GivesMetricsAndStatusWithTheirTypes) {
  const bool ready = true;
  const auto metrics = answer_stats(source(ready), request("GET", "/metrics"));
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.body, HasSubstr("a_total 1\n"));
  EXPECT_EQ(metrics.content_type, "text/plain; version=0.0.4; charset=utf-8");
  const auto status = answer_stats(source(ready), request("GET", "/api/v1/status"));
  EXPECT_EQ(status.status, 200);
  EXPECT_EQ(status.body, R"({"id":"ns1"})");
  EXPECT_EQ(status.content_type, "application/json");
}

TEST(StatsServer, IsHealthyFromTheStartAndReadyOnceTheFirstRoundIsOver) {
  bool ready = false;
  const auto from = source(ready);
  EXPECT_EQ(answer_stats(from, request("GET", "/healthz")).status, 200);
  EXPECT_EQ(answer_stats(from, request("GET", "/readyz")).status, 503);
  ready = true;
  EXPECT_EQ(answer_stats(from, request("GET", "/readyz")).status, 200);
}

TEST(StatsServer, RefusesOtherPathsAndMethods) {
  const bool ready = true;
  for (const auto* path : {"/index.html", "/metrics/", "/api/v1/status/x", "/../metrics", ""}) {
    EXPECT_EQ(answer_stats(source(ready), request("GET", path)).status, 404) << path;
  }
  for (const auto* method : {"POST", "PUT", "DELETE", "OPTIONS", "get"}) {
    const auto refused = answer_stats(source(ready), request(method, "/metrics"));
    EXPECT_EQ(refused.status, 405) << method;
    EXPECT_THAT(refused.headers, Contains(Pair("Allow", "GET, HEAD")));
  }
}

TEST(StatsServer, GivesThePageUnderAPolicyThatLetsNothingInFromElsewhere) {
  const bool ready = true;
  for (const auto& [path, type] : {std::pair("/", "text/html; charset=utf-8"),
                                   {"/page.js", "text/javascript; charset=utf-8"},
                                   {"/page.css", "text/css; charset=utf-8"},
                                   {"/live.js", "text/javascript; charset=utf-8"},
                                   {"/live.css", "text/css; charset=utf-8"},
                                   {"/icon.svg", "image/svg+xml"}}) {
    const auto file = answer_stats(source(ready), request("GET", path));
    EXPECT_EQ(file.status, 200) << path;
    EXPECT_EQ(file.content_type, type);
    EXPECT_THAT(file.headers, Contains(Pair("Content-Security-Policy", HasSubstr("default-src 'none'"))));
    EXPECT_THAT(file.headers, Contains(Pair("X-Content-Type-Options", "nosniff")).Times(1));
    EXPECT_THAT(file.headers, Contains(Pair("Cache-Control", "no-store")).Times(1));
    // Nothing of another host is named but the namespace of SVG.
    std::string body = file.body;
    for (const char* known : {"http://www.w3.org/2000/svg"}) {
      for (auto at = body.find(known); at != std::string::npos; at = body.find(known)) body.replace(at, 10, "");
    }
    EXPECT_THAT(body, testing::Not(HasSubstr("://"))) << path;
  }
  const auto page = answer_stats(source(ready), request("GET", "/")).body;
  EXPECT_THAT(page, HasSubstr("<noscript>"));
  for (const char* inlined : {" onclick=", " style=", "<style", "<script>"}) {
    EXPECT_THAT(page, testing::Not(HasSubstr(inlined)));
  }
}

TEST(StatsServer, ForbidsCachingAndSniffingOfEveryAnswer) {
  const bool ready = true;
  for (const auto& [method, path] :
       {std::pair("GET", "/metrics"), {"HEAD", "/healthz"}, {"GET", "/no"}, {"PUT", "/"}}) {
    const auto answer = answer_stats(source(ready), request(method, path));
    EXPECT_THAT(answer.headers, Contains(Pair("Cache-Control", "no-store")));
    EXPECT_THAT(answer.headers, Contains(Pair("X-Content-Type-Options", "nosniff")));
  }
}

io::HttpReply fetch(base::Loop& loop, const StatsServer& server, const std::string& method, const std::string& path,
                    const std::string& authorization = "") {
  io::HttpClient client(loop);
  io::HttpRequest request;
  request.method = method;
  request.url = "http://127.0.0.1:" + std::to_string(server.address().port) + path;
  if (!authorization.empty()) request.headers.emplace_back("Authorization", authorization);
  std::optional<io::HttpReply> out;
  const auto call = client.start(request, [&](const io::HttpReply& reply) { out = reply; });
  EXPECT_TRUE(io_test::run_until(loop, [&] { return out.has_value(); }));
  return out.value_or(io::HttpReply{});
}

TEST(StatsServer, AnswersOverHttp) {
  const bool ready = true;
  base::Loop loop;
  const auto server = StatsServer::listen(loop, at(io_test::loopback()), source(ready));
  ASSERT_TRUE(server);
  EXPECT_NE((*server)->address().port, 0);
  const auto got = fetch(loop, **server, "GET", "/api/v1/status?pretty");
  EXPECT_EQ(got.status, 200);
  EXPECT_EQ(got.body, R"({"id":"ns1"})");
  ASSERT_NE(got.header("cache-control"), nullptr);
  EXPECT_EQ(*got.header("cache-control"), "no-store");
  const auto head = fetch(loop, **server, "HEAD", "/metrics");
  EXPECT_EQ(head.status, 200);
  EXPECT_EQ(head.body, "");
  EXPECT_EQ(fetch(loop, **server, "POST", "/metrics").status, 405);
  EXPECT_EQ(fetch(loop, **server, "GET", "/none").status, 404);
}

TEST(StatsServer, TheApiIsForWhoMayReadItAndTheRestForEverybody) {
  const bool ready = true;
  base::Loop loop;
  auto conf = at(io_test::loopback());
  conf.anonymous = conf::AnonymousReaders::kNobody;
  conf.tokens = {{"screen", false, "0123456789abcdef", {}}};
  const auto server = StatsServer::listen(loop, conf, source(ready));
  ASSERT_TRUE(server);
  const auto refused = fetch(loop, **server, "GET", "/api/v1/status");
  EXPECT_EQ(refused.status, 401);
  ASSERT_NE(refused.header("www-authenticate"), nullptr);
  EXPECT_EQ(*refused.header("www-authenticate"), "Bearer");
  EXPECT_EQ(fetch(loop, **server, "GET", "/metrics").status, 200);
  EXPECT_EQ(fetch(loop, **server, "GET", "/api/v1/status", "Bearer 0123456789abcdef").status, 200);
  conf.tokens[0].secret = "fedcba9876543210";
  ASSERT_TRUE((*server)->renew(conf));
  EXPECT_EQ(fetch(loop, **server, "GET", "/api/v1/status", "Bearer 0123456789abcdef").status, 401);
  EXPECT_EQ(fetch(loop, **server, "GET", "/api/v1/status", "Bearer fedcba9876543210").status, 200);
}

TEST(StatsServer, CommandsAreForATokenThatMayWriteAndForNoWebPage) {
  io::ApiAccess access;
  access.tokens = {{"screen", false, "0123456789abcdef"}, {"phone", true, "fedcba9876543210"}};
  auto asked = request("POST", "/api/v1/commands/drain");
  asked.from = io_test::loopback();
  const auto status = [&] {
    const auto refused = refuse_stats(access, asked);
    return refused ? refused->status : 0;
  };
  EXPECT_EQ(status(), 401) << "from loopback too";
  asked.headers = {{"authorization", "Bearer 0123456789abcdef"}};
  EXPECT_EQ(status(), 403);
  asked.headers = {{"authorization", "Bearer fedcba9876543210"}};
  EXPECT_EQ(status(), 0);
  asked.headers.emplace_back("origin", "https://example.com");
  EXPECT_EQ(status(), 403);
}

TEST(StatsServer, GivesTheOrdersInForce) {
  const bool ready = true;
  auto from = source(ready);
  EXPECT_EQ(answer_stats(from, request("GET", "/api/v1/overrides")).status, 404);
  from.command = [](const io::ControlRequest& asked) { return io::ControlReply{0, "\"" + asked.command + "\"", ""}; };
  EXPECT_EQ(answer_stats(from, request("GET", "/api/v1/overrides")).body, "\"overrides\"\n");
}

TEST(StatsServer, SaysWhichAddressCannotBeBound) {
  const bool ready = true;
  base::Loop loop;
  const auto first = StatsServer::listen(loop, at(io_test::loopback()), source(ready));
  ASSERT_TRUE(first);
  const auto second = StatsServer::listen(loop, at((*first)->address()), source(ready));
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr((*first)->address().to_string()));
}

}  // namespace
}  // namespace control
