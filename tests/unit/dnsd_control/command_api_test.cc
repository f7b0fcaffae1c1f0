#include "dnsd/control/command_api.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <optional>

namespace control::test {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

struct Asked {
  io::ServerResponse response;
  std::optional<io::ControlRequest> carried;  // nothing: no command was carried out
};

Asked ask(const std::string& command, const std::string& body, const std::string& type = "application/json",
          const std::string& method = "POST", io::ControlReply reply = {0, R"({"broken":[]})", ""}) {
  io::ServerRequest request;
  request.method = method;
  request.path = "/api/v1/commands/" + command;
  if (!type.empty()) request.headers = {{"content-type", type}};
  request.body = body;
  Asked out;
  EXPECT_TRUE(is_command(request));
  out.response = answer_command(request, "token phone", [&](const io::ControlRequest& carried) {
    out.carried = carried;
    return reply;
  });
  return out;
}

TEST(CommandApi, CarriesOutAnOrderInTheNameOfItsCaller) {
  const auto asked =
      ask("drain", R"({"args":{"what":"site1","for":"2h"},"reason":"disks"})", "Application/JSON; charset=utf-8");
  ASSERT_TRUE(asked.carried);
  EXPECT_EQ(asked.carried->command, "drain");
  EXPECT_EQ(asked.carried->user, "token phone");
  EXPECT_EQ(asked.carried->reason, "disks");
  EXPECT_EQ(json::parse(asked.carried->args), json({{"what", "site1"}, {"for", "2h"}}));
  EXPECT_EQ(asked.response.status, 200);
  EXPECT_EQ(json::parse(asked.response.body)["data"], json({{"broken", json::array()}}));
}

TEST(CommandApi, TellsExitStatusesAsStatusesOfHttp) {
  EXPECT_EQ(ask("pin", "{}", "application/json", "POST", {1, "{}", "no"}).response.status, 409);
  const auto wrong = ask("pin", "{}", "application/json", "POST", {2, "nonsense", "no reason"});
  EXPECT_EQ(wrong.response.status, 422);
  EXPECT_EQ(json::parse(wrong.response.body),
            json({{"status", 422}, {"exit", 2}, {"data", json::object()}, {"error", "no reason"}}));
}

TEST(CommandApi, WhatIsNotOfItsShapeIsRefusedAndNothingIsDone) {
  const auto refused = [](const Asked& asked, int status) {
    EXPECT_EQ(asked.response.status, status) << asked.response.body;
    EXPECT_FALSE(asked.carried);
  };
  refused(ask("reload", "{}"), 404);
  refused(ask("", "{}"), 404);
  refused(ask("drain/x", "{}"), 404);
  refused(ask("drain", "{}", "application/json", "GET"), 405);
  refused(ask("drain", "{}", "text/plain"), 415);
  refused(ask("drain", "{}", ""), 415);
  for (const char* body : {"", "[]", "{", "7", R"({"args":7})", R"({"reason":"a\nb"})", R"({"more":1})"}) {
    refused(ask("drain", body), 400);
  }
  refused(ask("drain", std::string(10'000, '[')), 400);
  refused(ask("drain", R"({"reason":")" + std::string(501, 'x') + "\"}"), 400);
  EXPECT_THAT(ask("drain", "{}", "application/json", "GET").response.headers,
              testing::Contains(std::pair<std::string, std::string>("Allow", "POST")));
}

}  // namespace
}  // namespace control::test
