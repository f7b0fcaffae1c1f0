#include "sitecheck/io/live_status.h"

#include <gtest/gtest.h>

#include "tests/unit/base_io/stream_client.h"
#include "tests/unit/sitecheck_io/api_site.h"

namespace {

using io_test::run_until;
using io_test::StreamClient;

class LiveStatus : public api_test::ApiTest {
 protected:
  void serve_live() {
    provider_.api.stream = [this](io::Responder responder) { live_.open(std::move(responder)); };
    serve();
  }
  std::unique_ptr<StreamClient> follow(const std::string& token = "") {
    const std::string get = "GET /api/v1/stream HTTP/1.1\r\nHost: h\r\n" +
                            (token.empty() ? "" : "Authorization: Bearer " + token + "\r\n") + "\r\n";
    auto client = std::make_unique<StreamClient>(loop_, server_->address(), get);
    client->listen();
    return client;
  }
  static std::size_t count(const StreamClient& client, const std::string& what) {
    std::size_t out = 0;
    for (auto at = client.text().find(what); at != std::string::npos; at = client.text().find(what, at + 1)) ++out;
    return out;
  }
  bool until(const std::function<bool()>& done) { return run_until(loop_, done); }

  std::string status_ = R"({"site":"site1"})";
  sitecheck::LiveStatus live_{loop_, [this] { return status_; }};
};

TEST_F(LiveStatus, BeginsWithTheStatusAndTheLatestOfTheJournal) {
  live_.recall({R"({"event":"one"})", R"({"event":"two"})"});
  serve_live();
  const auto client = follow();
  ASSERT_TRUE(until([&] { return client->got(R"({"event":"two"})"); }));
  const auto status = client->text().find("event: status\ndata: {\"site\":\"site1\"}\n\n");
  ASSERT_NE(status, std::string::npos);
  EXPECT_LT(status, client->text().find(R"({"event":"one"})"));
}

TEST_F(LiveStatus, TellsAtOnceWhatHappenedAndOnceASecondHowItIs) {
  serve_live();
  const auto client = follow();
  ASSERT_TRUE(until([&] { return count(*client, "event: status") == 1; }));
  status_ = R"({"site":"changed"})";
  live_.event(R"({"event":"promoted"})");
  ASSERT_TRUE(until([&] { return client->got("promoted") && client->got("changed"); }));
  EXPECT_TRUE(until([&] { return count(*client, "event: status") >= 3; })) << "each second, though nothing happens";
}

TEST_F(LiveStatus, ABurstOfEventsBringsFewStatuses) {
  serve_live();
  const auto client = follow();
  ASSERT_TRUE(until([&] { return count(*client, "event: status") == 1; }));
  for (int i = 0; i < 500; ++i) live_.event(R"({"event":"e)" + std::to_string(i) + "\"}");
  ASSERT_TRUE(until([&] { return client->got("\"e499\""); }));
  EXPECT_LE(count(*client, "event: status"), 3U);
}

TEST_F(LiveStatus, OfALongStatusHeartbeatsComeBetween) {
  status_ = "{\"site\":\"" + std::string(std::size_t{200} << 10, 'x') + "\"}";
  serve_live();
  const auto client = follow();
  ASSERT_TRUE(until([&] { return count(*client, "event: status") == 1; }));
  live_.changed();
  ASSERT_TRUE(until([&] { return count(*client, "event: status") == 2; }));
  EXPECT_TRUE(until([&] { return client->got("\n:\n\n"); }));
  EXPECT_EQ(count(*client, "event: status"), 2U);
}

TEST_F(LiveStatus, IsForThoseWhoMayRead) {
  conf_.anonymous = conf::AnonymousReaders::kNobody;
  serve_live();
  const auto stranger = follow();
  EXPECT_TRUE(until([&] { return stranger->got("401 Unauthorized"); }));
  const auto reader = follow(api_test::kReadToken);
  EXPECT_TRUE(until([&] { return reader->got("event: status"); }));
  EXPECT_FALSE(stranger->got("event: status"));
  EXPECT_EQ(get("/").status, 200) << "the page itself tells nothing";
  EXPECT_EQ(get("/page.js").status, 200);
}

}  // namespace
