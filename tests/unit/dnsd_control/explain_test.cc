#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

#include "tests/support/json_schema.h"
#include "view_bench.h"

namespace control {
namespace {

using testing::Contains;
using testing::HasSubstr;

// A wide-IP of two members with a monitor, beside one of two sites.
class OfMonitors : public ViewBench {
 protected:
  void SetUp() override {
    conf::WideIp web;
    web.name = "shop.example.com";
    web.method = conf::Method::kRatio;
    web.on_none = {};
    for (const char* name : {"a", "b"}) {
      const auto host = static_cast<std::uint8_t>(name[0]);
      web.members.push_back({"", name, {base::IpAddress::v4({192, 0, 2, host})}, {}, options(name[0] == 'a' ? 3 : 1)});
    }
    web.pools.emplace_back();
    web.pools[0].method = conf::Method::kRatio;
    web.pools[0].count = 2;
    config_.wideips.push_back(web);
    start(1);
    engine_->probed({"http", base::IpAddress::v4({192, 0, 2, 'a'})}, up(), {at(1000), {}});
    engine_->probed({"http", base::IpAddress::v4({192, 0, 2, 'b'})}, up(), {at(1000), {}});
  }
  static std::shared_ptr<conf::MemberOptions> options(std::uint32_t ratio) {
    conf::MemberOptions out;
    out.monitor = "http";
    out.ratio = ratio;
    return std::make_shared<conf::MemberOptions>(out);
  }
  static decide::Health up() { return {decide::Health::Value::kUp, at(500), "200 OK", false}; }
};

TEST_F(OfMonitors, ExplainTellsWhatAClientGetsAndWhatTheMonitorsFound) {
  const auto told = explain_json(view(), "shop.example.com", *base::Prefix::parse("198.51.100.0/24"));
  ASSERT_TRUE(told.has_value());
  json_schema::expect_valid("dnsd-explain", *told);
  const auto json = nlohmann::json::parse(*told);
  EXPECT_EQ(json["method"], "ratio");
  EXPECT_EQ(json["probes"][1]["value"], "UP");
  EXPECT_EQ(json["probes"][1]["text"], "200 OK");
  EXPECT_EQ(json["client"]["answers"][0]["answer"][0], "192.0.2.97");
  EXPECT_EQ(json["client"]["answers"][0]["share"], 0.75);
  const auto steps = json["steps"].get<std::vector<std::string>>();
  EXPECT_THAT(steps, Contains(HasSubstr("a is UP: 192.0.2.97 up for 1.0 s: 200 OK (monitor http)")));
  EXPECT_THAT(steps, Contains("Client 198.51.100.0/24 is in no region that matters here: in turn: 192.0.2.97 (75.0%); "
                              "192.0.2.98 (25.0%)."));
}

TEST_F(OfMonitors, StatusTellsPoolsAndMembers) {
  const auto text = status_json(view());
  json_schema::expect_valid("dnsd-status", text);
  const auto www = nlohmann::json::parse(text)["wideips"][0];
  EXPECT_EQ(www["pools"][0]["up"], 2);
  EXPECT_EQ(www["pools"][0]["answers"], true);
  EXPECT_EQ(www["members"][0]["name"], "a");
  EXPECT_EQ(www["members"][0]["monitor"], "http");
  EXPECT_FALSE(www["members"][0].contains("site"));
  EXPECT_EQ(nlohmann::json::parse(text)["wideips"][1]["members"][0]["name"], "site1/main");
}

TEST_F(OfMonitors, ExplainWithoutAClientTellsOfNone) {
  EXPECT_TRUE(nlohmann::json::parse(*explain_json(view(), "shop.example.com"))["client"].is_null());
}

}  // namespace
}  // namespace control
