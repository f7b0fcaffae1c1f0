// The stream of the status page, over HTTP: what comes first, what comes when, and what does not come.
#include "dnsd/control/live.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "dnsd/control/stats_server.h"
#include "tests/unit/base_io/stream_client.h"
#include "tests/unit/dnsd_control/view_bench.h"

namespace control {
namespace {

using Json = nlohmann::json;
using testing::ElementsAre;

class LivePage : public ViewBench {
 protected:
  void serve(std::size_t wideips) {
    start(wideips);
    live_ = std::make_unique<Live>(
        loop_, [this] { return view(); }, [this] { return std::exchange(seen_, {}); });
    live_->start({R"({"time":"2026-11-22T02:21:47.123Z","event":"decision","name":"before"})"});
    conf::Stats conf;
    conf.listen = io_test::loopback();
    auto server =
        StatsServer::listen(loop_, conf,
                            {[] { return std::string(); }, [](auto) { return std::string(); }, [] { return true; },
                             [this](const io::ServerRequest& request, io::Responder responder) {
                               live_->open(request, std::move(responder));
                             }});
    ASSERT_TRUE(server);
    server_ = std::move(*server);
  }
  std::unique_ptr<io_test::StreamClient> follow(const std::string& query = "") {
    const std::string get = "GET /api/v1/stream" + query + " HTTP/1.1\r\nHost: h\r\n\r\n";
    auto client = std::make_unique<io_test::StreamClient>(loop_, server_->address(), get);
    client->listen();
    return client;
  }
  bool until(const std::function<bool()>& done) { return io_test::run_until(loop_, done); }

  // The data of all events of that name so far.
  static std::vector<Json> events(const io_test::StreamClient& client, const std::string& name) {
    std::vector<Json> out;
    const std::string begin = "event: " + name + "\ndata: ";
    // Chunk sizes stand between pieces, never within the short ones of these tests.
    for (auto at = client.text().find(begin); at != std::string::npos; at = client.text().find(begin, at + 1)) {
      const auto from = at + begin.size();
      const auto end = client.text().find("\n\n", from);
      if (end == std::string::npos) break;
      out.push_back(Json::parse(client.text().substr(from, end - from), nullptr, false));
    }
    return out;
  }
  bool until_event(const io_test::StreamClient& client, const std::string& name, std::size_t count = 1) {
    return until([&] { return events(client, name).size() >= count; });
  }
  static std::vector<std::string> names_of(const Json& rows) {
    std::vector<std::string> out;
    for (const auto& row : rows) out.push_back(row["name"]);
    return out;
  }

  std::vector<snapshot::SeenQuery> seen_;
  std::unique_ptr<Live> live_;
  std::unique_ptr<StatsServer> server_;
};

TEST_F(LivePage, BeginsWithAllThatThePageShows) {
  serve(2);
  claim("site1", 7, 1);
  const auto client = follow();
  ASSERT_TRUE(until_event(*client, "snapshot"));
  const auto first = events(*client, "snapshot")[0];
  EXPECT_THAT(names_of(first["wideips"]), ElementsAre("w0.example.com", "w1.example.com"));
  EXPECT_EQ(first["wideips"][0]["answer"], Json::array({"192.0.2.11"}));
  EXPECT_EQ(first["listing"]["matched"], 2);
  EXPECT_EQ(first["events"][0]["name"], "before");
  EXPECT_EQ(first["server"]["wideips_total"], 2);
  EXPECT_FALSE(first["server"].contains("wideips")) << "they stand beside it";
  ASSERT_EQ(first["claims"].size(), 2U);
  EXPECT_EQ(first["claims"][0]["state"], "ACTIVE");
  EXPECT_EQ(first["claims"][0]["lease_ms"], 1490);
  EXPECT_EQ(first["claims"][0]["lease_whole_ms"], 2000);
  EXPECT_EQ(first["claims"][1]["last_heard_ms"], nullptr);
}

TEST_F(LivePage, TellsOfAChangedAnswerAndOfAMereRenewalNothing) {
  serve(1);
  claim("site1", 7, 1);
  const auto client = follow();
  ASSERT_TRUE(until_event(*client, "snapshot"));
  now_ms_ += 300;
  claim("site1", 7, 1);
  live_->changed();
  live_->event(R"({"time":"","event":"input"})");
  ASSERT_TRUE(until_event(*client, "second"));
  EXPECT_EQ(events(*client, "event").size(), 1U);
  EXPECT_TRUE(events(*client, "wideips").empty()) << "only ages and leases are otherwise";
  claim("site2", 8, 2);
  live_->changed();
  ASSERT_TRUE(until_event(*client, "wideips"));
  const auto rows = events(*client, "wideips")[0]["wideips"];
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0]["answer"], Json::array({"192.0.2.12"}));
}

TEST_F(LivePage, ShowsThePageThatIsAskedForAndWhatIsSearched) {
  serve(30);
  const auto second = follow("?from=10&limit=5");
  const auto found = follow("?search=W2&limit=3");
  const auto by_member = follow("?search=site2/&limit=1");
  const auto none = follow("?search=%3Cscript%3E");
  ASSERT_TRUE(until_event(*second, "snapshot") && until_event(*found, "snapshot") &&
              until_event(*by_member, "snapshot") && until_event(*none, "snapshot"));
  EXPECT_EQ(names_of(events(*second, "snapshot")[0]["wideips"])[0], "w10.example.com");
  EXPECT_EQ(events(*second, "snapshot")[0]["wideips"].size(), 5U);
  EXPECT_THAT(names_of(events(*found, "snapshot")[0]["wideips"]),
              ElementsAre("w2.example.com", "w20.example.com", "w21.example.com"));
  EXPECT_EQ(events(*found, "snapshot")[0]["listing"]["matched"], 11);
  EXPECT_EQ(events(*by_member, "snapshot")[0]["listing"]["matched"], 30);
  EXPECT_EQ(events(*none, "snapshot")[0]["listing"]["matched"], 0);
}

TEST_F(LivePage, RefusesArgumentsThatAreNone) {
  serve(1);
  for (const auto* query : {"?from=x", "?from=-1", "?from=99999999999", "?limit=0", "?limit=201", "?limit="}) {
    const auto client = follow(query);
    EXPECT_TRUE(until([&] { return client->got("400 Bad Request"); })) << query;
  }
  const auto client = follow("?search=" + std::string(254, 'a'));
  EXPECT_TRUE(until([&] { return client->got("400 Bad Request"); }));
}

TEST_F(LivePage, AListingThatIsOtherwiseIsToldWithItsRows) {
  serve(3);
  config_.wideips[2].members.pop_back();
  health_.configure(targets(config_));
  engine_->configure(wideips_of(config_));
  engine_->decide_all({at(1000), {}});
  claim("site1", 7, 1);
  const auto client = follow("?limit=1");
  ASSERT_TRUE(until_event(*client, "snapshot"));
  EXPECT_THAT(names_of(events(*client, "snapshot")[0]["wideips"]), ElementsAre("w0.example.com"));
  // The last one's only member is silent: in trouble, it comes first.
  claim("site2", 8, 2);
  now_ms_ += 60'000;
  health_.failure({"site1", "main"}, "http://127.0.0.1:1", Fault::kUnreachable, "refused");
  claim("site2", 8, 2);
  live_->changed();
  ASSERT_TRUE(until_event(*client, "listing"));
  EXPECT_EQ(events(*client, "listing")[0]["names"], Json::array({"w2.example.com"}));
  ASSERT_TRUE(until_event(*client, "wideips"));
  EXPECT_THAT(names_of(events(*client, "wideips")[0]["wideips"]), ElementsAre("w2.example.com"));
}

TEST_F(LivePage, TellsEachSecondWithTheReportsThatAreNews) {
  serve(1);
  const auto client = follow();
  ASSERT_TRUE(until_event(*client, "snapshot"));
  ecv::Report report;
  report.instance = "db1:1";
  live_->reported({"site1", "main"}, report);
  ASSERT_TRUE(until_event(*client, "second"));
  const auto second = events(*client, "second")[0];
  ASSERT_EQ(second["reports"].size(), 1U);
  EXPECT_EQ(second["reports"][0]["instance"], "db1:1");
  EXPECT_EQ(second["server"]["id"], "");
  EXPECT_EQ(second["claims"].size(), 2U);
}

TEST_F(LivePage, TellsWhoAsksAndUntilWhenTheyKeepTheAnswer) {
  serve(1);
  seen_.push_back({base::IpAddress::v4({198, 51, 100, 7}), *wire::Name::parse("W0.example.com"), 30});
  const auto client = follow();
  ASSERT_TRUE(until_event(*client, "second"));
  const auto clients = events(*client, "second")[0]["clients"];
  ASSERT_EQ(clients.size(), 1U);
  EXPECT_EQ(clients[0],
            Json({{"client", "198.51.100.7"}, {"name", "w0.example.com"}, {"asked_ms", 0}, {"expires_ms", 30'000}}));
}

TEST_F(LivePage, HostileTextOfTheJournalStaysOneEvent) {
  serve(1);
  const auto client = follow();
  ASSERT_TRUE(until_event(*client, "snapshot"));
  live_->event("{\"event\":\"path\",\"detail\":\"\\n\\nevent: wideips\\ndata: {}\"}");
  ASSERT_TRUE(until_event(*client, "event"));
  EXPECT_TRUE(events(*client, "wideips").empty());
}

}  // namespace
}  // namespace control
