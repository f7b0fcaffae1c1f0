// A stats server with a small made-up site behind its API, and clients of it.
#pragma once

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "base/io/http_client.h"
#include "sitecheck/io/stats.h"
#include "tests/unit/base_io/loop_util.h"

namespace api_test {

using Json = nlohmann::json;

inline const std::string kWriteToken = "0123456789abcdef-write";
inline const std::string kReadToken = "0123456789abcdef-read";

inline const char* const kPool =
    R"({"name":"main","state":"ACTIVE","epoch":513,"lease_ms":1800,"arbiter":{"source":"peer","voters":[],"message":""},)"
    R"("roles":[{"name":"reader","kind":"balanced","addresses":[{"address":"10.0.0.9","node":"db2","at":"db2","pinned":""}],)"
    R"("running":"","alarm":""}],)"
    R"("nodes":[{"name":"db1","host":"10.0.0.1","port":3306,"state":"ACTIVE"},)"
    R"({"name":"db2","host":"10.0.0.2","port":3307,"state":"STANDBY"}]})";
inline const char* const kSite =
    R"({"site":"site1","checkpoints":{"ok":3,"cut":""},"peers":[{"site":"site2"}],"arbiter":{"mode":"witness"},"pools":[]})";

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    conf_.listen = io_test::loopback();
    conf_.tokens = {{"ops", true, kWriteToken, {}}, {"screen", false, kReadToken, {}}};
  }
  void TearDown() override { pending_.clear(); }

  void serve() {
    make_provider();
    auto opened = sitecheck::StatsServer::listen(loop_, conf_, provider_);
    ASSERT_TRUE(opened) << opened.error().message;
    server_ = std::move(*opened);
  }
  void make_provider() {
    provider_.metrics = [] { return std::string("wideip_x 1\n"); };
    provider_.ready = [this] { return ready_; };
    auto& api = provider_.api;
    api.status = [] { return std::string(R"({"site":"site1","pools":[)") + kPool + "]}"; };
    api.site = [] { return std::string(kSite); };
    api.pools = [] { return std::vector<std::string>{"main"}; };
    api.pool = [](std::size_t) { return std::string(kPool); };
    api.configuration = [] { return std::string(R"({"hash":"00"})"); };
    api.command = [this](const io::ControlRequest& request, const io::ControlAnswer& answer) {
      asked_.push_back(request);
      if (hold_) {
        pending_.push_back(answer);
      } else {
        answer(reply_);
      }
    };
  }

  io::HttpReply send(io::HttpRequest request) {
    request.url = "http://127.0.0.1:" + std::to_string(server_->address().port) + request.url;
    std::optional<io::HttpReply> got;
    const auto call = client_.start(request, [&](const io::HttpReply& r) { got = r; });
    EXPECT_TRUE(io_test::run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(io::HttpReply{});
  }
  io::HttpReply get(const std::string& path, const std::string& token = "", const std::string& method = "GET") {
    io::HttpRequest request;
    request.method = method;
    request.url = path;
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    return send(std::move(request));
  }
  io::HttpReply post(const std::string& path, const std::string& body, const std::string& token,
                     const io::HttpHeaders& more = {}) {
    io::HttpRequest request;
    request.method = "POST";
    request.url = path;
    request.body = body;
    request.headers = {{"Content-Type", "application/json"}};
    if (!token.empty()) request.headers.emplace_back("Authorization", "Bearer " + token);
    for (const auto& header : more) request.headers.push_back(header);
    return send(std::move(request));
  }
  static Json json(const io::HttpReply& reply) { return Json::parse(reply.body, nullptr, false); }

  base::Loop loop_;
  io::HttpClient client_{loop_};
  conf::Stats conf_;
  sitecheck::StatsProvider provider_;
  std::unique_ptr<sitecheck::StatsServer> server_;
  bool ready_ = false;
  bool hold_ = false;
  io::ControlReply reply_{0, R"({"text":"done"})", ""};
  std::vector<io::ControlRequest> asked_;
  std::vector<io::ControlAnswer> pending_;
};

}  // namespace api_test
