#include "base/io/client_rate.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/io/http_client.h"
#include "tests/unit/base_io/loop_util.h"

namespace io {
namespace {

base::IpAddress ip(const char* text) { return *base::IpAddress::parse(text); }
const base::Instant kStart{base::seconds(1000)};

int admitted(ClientRate& rate, const base::IpAddress& client, base::Instant now, int asked) {
  int out = 0;
  for (int i = 0; i < asked; ++i) out += rate.admit(client, now) ? 1 : 0;
  return out;
}

TEST(ClientRate, TakesASecondsWorthAtOnceAndThenTheRate) {
  ClientRate rate(10);
  EXPECT_EQ(admitted(rate, ip("192.0.2.1"), kStart, 50), 10);
  EXPECT_EQ(admitted(rate, ip("192.0.2.1"), kStart + base::milliseconds(500), 50), 5);
  EXPECT_EQ(admitted(rate, ip("192.0.2.1"), kStart + base::seconds(100), 50), 10) << "what was saved has a bound";
}

TEST(ClientRate, EachClientHasItsOwn) {
  ClientRate rate(3);
  EXPECT_EQ(admitted(rate, ip("192.0.2.1"), kStart, 9), 3);
  EXPECT_EQ(admitted(rate, ip("192.0.2.2"), kStart, 9), 3);
  EXPECT_EQ(admitted(rate, ip("::ffff:192.0.2.1"), kStart, 9), 0) << "the same client at a socket of both families";
}

TEST(ClientRate, AHostHasAllOfItsNetworkInIpv6) {
  ClientRate rate(3);
  EXPECT_EQ(admitted(rate, ip("2001:db8:0:1::1"), kStart, 9), 3);
  EXPECT_EQ(admitted(rate, ip("2001:db8:0:1:ffff::2"), kStart, 9), 0);
  EXPECT_EQ(admitted(rate, ip("2001:db8:0:2::1"), kStart, 9), 3);
}

TEST(ClientRate, NoLimitIsNone) {
  ClientRate rate(0);
  EXPECT_EQ(admitted(rate, ip("192.0.2.1"), kStart, 1000), 1000);
}

TEST(ClientRate, OfTooManyClientsTheQuietestIsForgotten) {
  ClientRate rate(1, 2);
  EXPECT_TRUE(rate.admit(ip("192.0.2.1"), kStart));
  EXPECT_TRUE(rate.admit(ip("192.0.2.2"), kStart + base::milliseconds(1)));
  EXPECT_TRUE(rate.admit(ip("192.0.2.3"), kStart + base::milliseconds(2)));
  EXPECT_FALSE(rate.admit(ip("192.0.2.2"), kStart + base::milliseconds(3))) << "still known";
  EXPECT_TRUE(rate.admit(ip("192.0.2.1"), kStart + base::milliseconds(3))) << "forgotten";
}

TEST(ClientRate, AClockThatStandsStillGivesNothing) {
  ClientRate rate(2);
  EXPECT_EQ(admitted(rate, ip("192.0.2.1"), kStart, 5), 2);
  EXPECT_EQ(admitted(rate, ip("192.0.2.1"), kStart - base::seconds(5), 5), 0);
}

class Limited : public testing::Test {
 protected:
  void serve(bool loopback_too) {
    auto opened = HttpServer::listen(loop_, io_test::loopback(), {},
                                     limited(1, answer_at_once([](const ServerRequest&) {
                                               return ServerResponse{200, "ok"};
                                             }),
                                             loopback_too));
    ASSERT_TRUE(opened);
    server_ = std::move(*opened);
  }
  HttpReply get() {
    std::optional<HttpReply> got;
    HttpRequest request;
    request.url = "http://127.0.0.1:" + std::to_string(server_->address().port) + "/";
    request.timeout = base::seconds(20);
    const auto call = client_.start(request, [&](const HttpReply& reply) { got = reply; });
    EXPECT_TRUE(io_test::run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(HttpReply{});
  }

  base::Loop loop_;
  HttpClient client_{loop_};
  std::unique_ptr<HttpServer> server_;
};

// However slow this machine is, of many requests in a row some come within the same second.
TEST_F(Limited, WhatIsTooMuchIsAnswered429) {
  serve(true);
  HttpReply refused;
  for (int i = 0; i < 1000 && refused.status != 429; ++i) refused = get();
  ASSERT_EQ(refused.status, 429);
  ASSERT_NE(refused.header("retry-after"), nullptr);
  EXPECT_EQ(*refused.header("retry-after"), "1");
}

TEST_F(Limited, ClientsOfThisHostAreSpared) {
  serve(false);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(get().status, 200);
}

}  // namespace
}  // namespace io
