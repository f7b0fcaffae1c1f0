// The REST API over real HTTP: what it shows, who may do what, and what it refuses.
#include "sitecheck/io/api.h"

#include <sys/socket.h>

#include <set>

#include "base/fd.h"
#include "sitecheck/io/commands.h"
#include "tests/support/golden.h"
#include "tests/unit/sitecheck_io/api_site.h"

namespace {

using api_test::ApiTest;
using api_test::Json;
using api_test::kReadToken;
using api_test::kWriteToken;

const std::string kOffline = "/api/v1/commands/set-offline";
const std::string kGood = R"({"args":{"node":"db1"},"reason":"disk swap"})";

TEST_F(ApiTest, ShowsEveryPartOfTheStatus) {
  serve();
  EXPECT_EQ(json(get("/api/v1/pools"))["pools"][0]["name"], "main");
  EXPECT_EQ(json(get("/api/v1/pools/main"))["epoch"], 513);
  EXPECT_EQ(json(get("/api/v1/pools/main/nodes"))["nodes"][1]["name"], "db2");
  const auto nodes = json(get("/api/v1/nodes"))["nodes"];
  EXPECT_EQ(nodes.size(), 2U);
  EXPECT_EQ(nodes[0]["pool"], "main");
  EXPECT_EQ(json(get("/api/v1/nodes/db2"))["port"], 3307);
  EXPECT_EQ(json(get("/api/v1/nodes/10.0.0.2:3307"))["name"], "db2");
  EXPECT_EQ(json(get("/api/v1/pools/main/nodes/db2"))["port"], 3307);
  for (const auto* path : {"/api/v1/roles", "/api/v1/pools/main/roles"}) {
    const auto roles = json(get(path))["roles"];
    ASSERT_EQ(roles.size(), 1U) << path;
    EXPECT_EQ(roles[0]["pool"], "main");
    EXPECT_EQ(roles[0]["addresses"][0]["at"], "db2");
  }
  EXPECT_EQ(json(get("/api/v1/checkpoints"))["checkpoints"]["ok"], 3);
  EXPECT_EQ(json(get("/api/v1/peers"))["peers"][0]["site"], "site2");
  EXPECT_EQ(json(get("/api/v1/arbiter"))["arbiter"]["mode"], "witness");
  EXPECT_EQ(json(get("/api/v1/votes"))["votes"][0]["source"], "peer");
  EXPECT_EQ(json(get("/api/v1/configuration"))["hash"], "00");
  EXPECT_EQ(json(get("/api/v1/commands"))["commands"].size(), sitecheck::command_rules().size());
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ApiTest, WhatIsNotThereIs404InJson) {
  serve();
  for (const auto* path : {"/api/v1", "/api/v1/", "/api/v1/none", "/api/v1/pools/other", "/api/v1/nodes/db9",
                           "/api/v1/pools/main/nodes/db9", "/api/v1/pools/other/nodes/db1", "/api/v1/pools/other/roles",
                           "/api/v1//pools", "/api/v1/pools/main/"}) {
    const auto reply = get(path);
    EXPECT_EQ(reply.status, 404) << path;
    EXPECT_EQ(json(reply)["status"], 404) << path;
    EXPECT_FALSE(json(reply)["error"].get<std::string>().empty()) << path;
  }
}

TEST_F(ApiTest, ANodeNameOfSeveralPoolsIsNotGuessed) {
  serve();
  provider_.api.pools = [] { return std::vector<std::string>{"main", "orders"}; };
  provider_.api.pool = [](std::size_t i) {
    return i == 0 ? std::string(api_test::kPool)
                  : R"({"name":"orders","nodes":[{"name":"db2","host":"10.0.0.2","port":3308,"state":"ACTIVE"}]})";
  };
  server_.reset();
  auto opened = sitecheck::StatsServer::listen(loop_, conf_, provider_);
  ASSERT_TRUE(opened) << opened.error().message;
  server_ = std::move(*opened);
  EXPECT_EQ(json(get("/api/v1/nodes/db1"))["pool"], "main");
  EXPECT_EQ(get("/api/v1/nodes/db2").status, 404);
  EXPECT_NE(get("/api/v1/nodes/db2").body.find("/pools/POOL/nodes/NODE"), std::string::npos);
  EXPECT_EQ(json(get("/api/v1/nodes/10.0.0.2:3308"))["pool"], "orders");
  EXPECT_EQ(json(get("/api/v1/pools/orders/nodes/db2"))["port"], 3308);
  EXPECT_EQ(json(get("/api/v1/pools/main/nodes/db2"))["port"], 3307);
}

TEST_F(ApiTest, AnotherMethodIs405WithWhatIsAllowed) {
  serve();
  for (const auto* method : {"POST"}) {
    const auto reply = get("/api/v1/pools", kWriteToken, method);
    EXPECT_EQ(reply.status, 405) << method;
    EXPECT_EQ(*reply.header("allow"), "GET, HEAD");
  }
  const auto reply = get(kOffline, kWriteToken);
  EXPECT_EQ(reply.status, 405);
  EXPECT_EQ(*reply.header("allow"), "POST");
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ApiTest, ACommandIsThatOfTheControlSocket) {
  serve();
  const auto reply = post(kOffline, kGood, kWriteToken);
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(json(reply)["exit"], 0);
  EXPECT_EQ(json(reply)["data"]["text"], "done");
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(asked_[0].command, "set-offline");
  EXPECT_EQ(Json::parse(asked_[0].args), Json({{"node", "db1"}}));
  EXPECT_EQ(asked_[0].reason, "disk swap");
  EXPECT_EQ(asked_[0].user, "api:ops") << "who did it is told by the token's name";
}

TEST_F(ApiTest, TheExitStatusOfACommandTellsTheStatus) {
  serve();
  reply_ = {1, "{}", "refused: no node is eligible"};
  auto reply = post(kOffline, kGood, kWriteToken);
  EXPECT_EQ(reply.status, 409);
  EXPECT_EQ(json(reply)["error"], "refused: no node is eligible");
  reply_ = {2, "{}", "no node \"x\""};
  EXPECT_EQ(post(kOffline, kGood, kWriteToken).status, 422);
}

TEST_F(ApiTest, ALateAnswerKeepsNobodyWaiting) {
  serve();
  hold_ = true;
  std::optional<io::HttpReply> late;
  io::HttpRequest request;
  request.method = "POST";
  request.url = "http://127.0.0.1:" + std::to_string(server_->address().port) + kOffline;
  request.body = kGood;
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + kWriteToken}};
  request.timeout = base::seconds(20);
  const auto call = client_.start(request, [&](const io::HttpReply& r) { late = r; });
  ASSERT_TRUE(io_test::run_until(loop_, [&] { return !pending_.empty(); }));
  EXPECT_EQ(get("/api/v1/pools").status, 200);
  EXPECT_FALSE(late);
  pending_[0](reply_);
  EXPECT_TRUE(io_test::run_until(loop_, [&] { return late.has_value(); }));
  EXPECT_EQ(late->status, 200);
}

TEST_F(ApiTest, AnAnswerAfterTheServerIsGoneIsHarmless) {
  serve();
  hold_ = true;
  io::HttpRequest request;
  request.method = "POST";
  request.url = "http://127.0.0.1:" + std::to_string(server_->address().port) + kOffline;
  request.body = kGood;
  request.headers = {{"Content-Type", "application/json"}, {"Authorization", "Bearer " + kWriteToken}};
  const auto call = client_.start(request, [](const io::HttpReply&) {});
  ASSERT_TRUE(io_test::run_until(loop_, [&] { return !pending_.empty(); }));
  server_.reset();
  pending_[0](reply_);
}

TEST_F(ApiTest, WithoutATokenThereAreOnlyReads) {
  serve();
  EXPECT_EQ(get("/api/v1/status").status, 200);
  const auto reply = post(kOffline, kGood, "");
  EXPECT_EQ(reply.status, 401);
  EXPECT_EQ(*reply.header("www-authenticate"), "Bearer realm=\"wideip\"");
  EXPECT_EQ(post("/api/v1/commands/is-active", R"({"args":{"node":"db1"}})", "").status, 200) << "it changes nothing";
  EXPECT_EQ(post("/api/v1/commands/no-such", kGood, "").status, 401);
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(ApiTest, AReadTokenChangesNothing) {
  serve();
  EXPECT_EQ(get("/api/v1/status", kReadToken).status, 200);
  const auto reply = post(kOffline, kGood, kReadToken);
  EXPECT_EQ(reply.status, 403);
  EXPECT_NE(json(reply)["error"].get<std::string>().find("screen"), std::string::npos);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ApiTest, AWrongTokenIsRefusedEvenWhereNoneIsNeeded) {
  serve();
  for (const auto& token : {kWriteToken + "x", kWriteToken.substr(1), std::string("x")}) {
    EXPECT_EQ(get("/api/v1/status", token).status, 401) << token;
    EXPECT_EQ(post(kOffline, kGood, token).status, 401) << token;
  }
  for (const std::string scheme : {"Basic ", "Bearer", "Token "}) {
    EXPECT_EQ(post(kOffline, kGood, "", {{"Authorization", scheme + kWriteToken}}).status, 401) << scheme;
  }
  const auto twice = post(kOffline, kGood, kWriteToken, {{"Authorization", "Bearer " + kReadToken}});
  EXPECT_EQ(twice.status, 401);
  EXPECT_EQ(post(kOffline, kGood, "", {{"Authorization", "bearer " + kWriteToken}}).status, 200) << "RFC 9110 11.1";
  EXPECT_EQ(asked_.size(), 1U);
}

TEST_F(ApiTest, NobodyReadsWithoutATokenWhereThatIsTold) {
  conf_.anonymous = conf::AnonymousReaders::kNobody;
  serve();
  EXPECT_EQ(get("/api/v1/status").status, 401);
  EXPECT_EQ(get("/api/v1/openapi.json").status, 401);
  EXPECT_EQ(get("/api/v1/status", kReadToken).status, 200);
}

TEST_F(ApiTest, WithoutTokensNothingIsChanged) {
  conf_.tokens.clear();
  conf_.anonymous = conf::AnonymousReaders::kEveryone;
  serve();
  EXPECT_EQ(post(kOffline, kGood, "").status, 401);
  EXPECT_EQ(post(kOffline, kGood, kWriteToken).status, 401);
  EXPECT_EQ(post(kOffline, kGood, "", {{"Authorization", "Bearer "}}).status, 401);
  EXPECT_TRUE(asked_.empty());
}

// A page in a browser cannot hide where it comes from.
TEST_F(ApiTest, AWebPageChangesNothing) {
  serve();
  EXPECT_EQ(post(kOffline, kGood, kWriteToken, {{"Origin", "http://127.0.0.1"}}).status, 403);
  EXPECT_EQ(post(kOffline, kGood, kWriteToken, {{"Cookie", "token=" + kWriteToken}}).status, 200);
  EXPECT_EQ(post(kOffline, kGood, "", {{"Cookie", "token=" + kWriteToken}}).status, 401);
  const auto reply = get("/api/v1/status");
  EXPECT_EQ(reply.header("access-control-allow-origin"), nullptr);
}

TEST_F(ApiTest, AChangeNeedsAReason) {
  serve();
  for (const auto* body : {R"({"args":{"node":"db1"}})", R"({"args":{"node":"db1"},"reason":"  "})", ""}) {
    const auto reply = post(kOffline, body, kWriteToken);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_NE(json(reply)["error"].get<std::string>().find("reason"), std::string::npos);
  }
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ApiTest, ABodyThatIsNoneIsToldSo) {
  serve();
  const std::string deep(4000, '[');
  for (const std::string body : {"{", "[]", "null", "\"x\"", "{\"args\":[]}", "{\"args\":{},\"more\":1}",
                                 "{\"reason\":7}", "{\"args\":{},\"reason\":\"a\\nb\"}", "\xff\xfe", deep.c_str()}) {
    const auto reply = post(kOffline, body, kWriteToken);
    EXPECT_EQ(reply.status, 400) << body;
    EXPECT_EQ(json(reply)["status"], 400);
  }
  EXPECT_EQ(post(kOffline, "{\"reason\":\"" + std::string(501, 'x') + "\"}", kWriteToken).status, 400);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(ApiTest, ABodyOfAnotherTypeIs415) {
  serve();
  io::HttpRequest request;
  request.method = "POST";
  request.url = kOffline;
  request.body = kGood;
  request.headers = {{"Authorization", "Bearer " + kWriteToken}};
  for (const auto* type : {"application/x-www-form-urlencoded", "text/plain", "application/jsonx"}) {
    request.headers.resize(1);
    request.headers.emplace_back("Content-Type", type);
    EXPECT_EQ(send(request).status, 415) << type;
  }
  request.headers[1].second = "Application/JSON; charset=utf-8";
  EXPECT_EQ(send(request).status, 200);
}

TEST_F(ApiTest, AHugeBodyIs413) {
  serve();
  const auto reply = post(kOffline, std::string(70'000, ' '), kWriteToken);
  EXPECT_EQ(reply.status, 413);
  EXPECT_EQ(json(reply)["status"], 413);
  EXPECT_TRUE(asked_.empty());
}

// A client that sends nothing, or a header a minute, holds a connection, never the server.
TEST_F(ApiTest, SlowClientsHoldUpNobody) {
  serve();
  std::vector<base::Fd> slow;
  for (int i = 0; i < 60; ++i) {
    slow.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_storage where{};
    const auto length = server_->address().to_sockaddr(where);
    ASSERT_EQ(::connect(slow.back().get(), reinterpret_cast<sockaddr*>(&where), length), 0);
    const std::string part = "POST " + kOffline + " HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\nAuthor";
    ASSERT_GT(::send(slow.back().get(), part.data(), i % 2 == 0 ? part.size() : 3, MSG_NOSIGNAL), 0);
  }
  EXPECT_EQ(get("/api/v1/pools").status, 200);
  EXPECT_EQ(get("/healthz").status, 200);
}

TEST_F(ApiTest, EventsComeFromTheJournalByTheirArguments) {
  serve();
  reply_ = {0, R"({"events":[]})", ""};
  EXPECT_EQ(json(get("/api/v1/events?last=5&pool=main&since_ms=1000"))["events"].size(), 0U);
  ASSERT_EQ(asked_.size(), 1U);
  EXPECT_EQ(Json::parse(asked_[0].args), Json({{"last", 5}, {"pool", "main"}, {"since_ms", 1000}}));
  for (const auto* query : {"last=x", "last=-1", "last=", "other=1", "since_ms=99999999999999999999"}) {
    EXPECT_EQ(get(std::string("/api/v1/events?") + query).status, 400) << query;
  }
  reply_ = {2, "{}", "no pool \"x\""};
  EXPECT_EQ(get("/api/v1/events?pool=x").status, 404);
}

// The file in the tree is what is served, and tells of every route and of no other.
TEST_F(ApiTest, TheDescriptionHasTheRoutesThatThereAre) {
  serve();
  const auto served = get("/api/v1/openapi.json");
  EXPECT_EQ(served.body, golden::read("conf/schema/sitecheck.openapi.json") + "\n");
  const auto described = json(served);
  std::set<std::string> there;
  for (const auto& route : sitecheck::Api::routes())
    there.insert(std::string(route.method) + " " + std::string(route.path));
  std::set<std::string> told;
  for (const auto& [path, methods] : described["paths"].items()) {
    for (const auto& [method, what] : methods.items()) {
      told.insert((method == "get" ? "GET " : "POST ") + path);
      EXPECT_TRUE(what["responses"].contains("401")) << path;
      const bool named = path.find('{') != path.npos;
      EXPECT_EQ(named, what.contains("parameters") && what["parameters"][0]["in"] == "path") << path;
    }
  }
  EXPECT_EQ(there, told);
  std::set<std::string> commands;
  for (const auto& rule : sitecheck::command_rules()) commands.insert(std::string(rule.name));
  std::set<std::string> with_args;
  for (const auto& [name, args] : described["components"]["schemas"]["CommandArgs"]["properties"].items()) {
    with_args.insert(name);
  }
  EXPECT_EQ(commands, with_args);
  for (const auto* file : {"sitecheck-status.schema.json", "sitecheck-events.schema.json"}) {
    EXPECT_EQ(get(std::string("/api/v1/") + file).body, golden::read(std::string("conf/schema/") + file) + "\n");
  }
}

TEST_F(ApiTest, WhatIsRefusedIsCounted) {
  serve();
  get("/api/v1/pools");
  get("/api/v1/none");
  post(kOffline, kGood, "");
  post(kOffline, kGood, kWriteToken);
  const auto& c = server_->counters();
  EXPECT_EQ(c.requests, 4U);
  EXPECT_EQ(c.refused, 1U);
  EXPECT_EQ(c.denied, 1U);
  EXPECT_EQ(c.commands, 1U);
}

}  // namespace
