// The etcd client against servers that are none: whatever they answer is as if etcd were down.
#include <gtest/gtest.h>

#include <map>
#include <optional>

#include "base/io/etcd_client.h"
#include "base/io/etcd_message.h"
#include "base/io/http_server.h"
#include "tests/unit/base_io/etcd_calls.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/raw_server.h"

namespace {

using io::EtcdClient;
using io::EtcdOutcome;
using io_test::campaign;
using io_test::keep_alive;
using io_test::options_for;
using io_test::read;
using io_test::release;
using io_test::Then;

const std::string kHeader = R"({"cluster_id":"1","member_id":"2","revision":"7","raft_term":"2"})";

std::string http(const std::string& body, int status = 200) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

// Answers by path.
struct FakeEtcd {
  explicit FakeEtcd(base::Loop& loop)
      : server(*io::HttpServer::listen(loop, io_test::loopback(), {},
                                       io::answer_at_once([this](const io::ServerRequest& request) {
                                         asked.push_back(request.path);
                                         const auto found = answers.find(request.path);
                                         if (found == answers.end())
                                           return io::ServerResponse{404, "", "text/plain", {}};
                                         return io::ServerResponse{status, found->second, "application/json", {}};
                                       }))) {}
  [[nodiscard]] std::string url() const { return "http://127.0.0.1:" + std::to_string(server->address().port); }
  std::map<std::string, std::string> answers;
  std::vector<std::string> asked;
  int status = 200;
  std::unique_ptr<io::HttpServer> server;
};

struct Hostile {
  std::string name;
  std::string text;
  Then then;
  bool garbage;
};

std::vector<Hostile> hostile_answers() {
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 900\r\n\r\n{\"result\":{\"header\":";
  const std::string kept = R"({"result":{"header":)" + kHeader + R"(,"ID":"5","TTL":"3"}})";
  return {
      {"nothing, closed", "", Then::kClose, false},
      {"reset", "", Then::kReset, false},
      {"half a body, closed", half, Then::kClose, false},
      {"half a body, then silence", half, Then::kStay, false},
      {"half a proper body", http(kept).substr(0, http(kept).size() - 3), Then::kClose, false},
      {"another protocol", "SSH-2.0-OpenSSH_9.2\r\n", Then::kClose, true},
      {"binary", std::string("\x00\xff\x16\x03\x01", 5), Then::kClose, true},
      {"a web page", http("<html>it works</html>"), Then::kClose, true},
      {"empty", http(""), Then::kClose, true},
      {"null", http("null"), Then::kClose, true},
      {"an array", http("[]"), Then::kClose, true},
      {"an empty object", http("{}"), Then::kClose, true},
      {"an error of a proxy", http("<html>bad gateway</html>", 502), Then::kClose, true},
      {"deep nesting", http(std::string(60000, '[')), Then::kClose, true},
      {"megabytes", http(std::string(std::size_t{8} << 20, ' ')), Then::kClose, true},
      {"endless headers", "HTTP/1.1 200 OK\r\nX: " + std::string(200000, 'x'), Then::kClose, true},
  };
}

TEST(EtcdHostile, WhateverIsNoProperAnswerIsUnavailableForEveryCall) {
  base::Loop loop;
  for (const auto& hostile : hostile_answers()) {
    SCOPED_TRACE(hostile.name);
    io_test::RawServer server(loop, hostile.text, hostile.then);
    auto options = options_for({server.url("")});
    options.limit = base::milliseconds(200);
    EtcdClient client(loop, options);
    const auto kept = keep_alive(loop, client, 5);
    EXPECT_EQ(kept.outcome, EtcdOutcome::kUnavailable);
    EXPECT_FALSE(kept.message.empty());
    EXPECT_EQ(kept.garbage, hostile.garbage) << kept.message;
    EXPECT_EQ(client.counters().garbage, hostile.garbage ? 1U : 0U);
    EXPECT_EQ(campaign(loop, client, "main", "site1", 3).outcome, EtcdOutcome::kUnavailable);
    EXPECT_EQ(release(loop, client, 5).outcome, EtcdOutcome::kUnavailable);
    EXPECT_EQ(read(loop, client, "main").outcome, EtcdOutcome::kUnavailable);
  }
}

TEST(EtcdHostile, OnlyAnAnswerOfThisVeryLeaseWithTimeLeftIsKept) {
  base::Loop loop;
  FakeEtcd fake(loop);
  EtcdClient client(loop, options_for({fake.url()}));
  const auto ask = [&](const std::string& rest) {
    fake.answers["/v3/lease/keepalive"] = R"({"result":{"header":)" + kHeader + rest + "}}";
    return keep_alive(loop, client, 5).outcome;
  };
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":"3")"), EtcdOutcome::kDone);
  EXPECT_EQ(ask(R"(,"ID":"5")"), EtcdOutcome::kLost) << "200 without TTL";
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":"0")"), EtcdOutcome::kLost);
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":"-1")"), EtcdOutcome::kLost);
  EXPECT_EQ(ask(R"(,"ID":"6","TTL":"3")"), EtcdOutcome::kUnavailable) << "of another lease";
  EXPECT_EQ(ask(R"(,"TTL":"3")"), EtcdOutcome::kUnavailable) << "of no lease";
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":"3s")"), EtcdOutcome::kUnavailable);
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":3.5)"), EtcdOutcome::kUnavailable);
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":true)"), EtcdOutcome::kUnavailable);
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":"99999999999999999999")"), EtcdOutcome::kUnavailable);
  EXPECT_EQ(ask(R"(,"ID":"5","TTL":18446744073709551615)"), EtcdOutcome::kUnavailable);
  EXPECT_EQ(ask(R"(,"ID":{"a":1},"TTL":"3")"), EtcdOutcome::kUnavailable);
  fake.answers["/v3/lease/keepalive"] = R"({"result":{"ID":"5","TTL":"3"}})";
  EXPECT_EQ(keep_alive(loop, client, 5).outcome, EtcdOutcome::kUnavailable) << "no header of etcd";
  fake.answers["/v3/lease/keepalive"] = R"({"result":{"header":)" + kHeader + R"(,"ID":"5","TTL":"3"}})";
  fake.status = 201;
  EXPECT_EQ(keep_alive(loop, client, 5).outcome, EtcdOutcome::kUnavailable) << "another status";
}

TEST(EtcdHostile, ATransactionThatDoesNotTellWhoOwnsTheKeyIsNeitherWonNorLost) {
  base::Loop loop;
  FakeEtcd fake(loop);
  EtcdClient client(loop, options_for({fake.url()}));
  // The lease is chosen by the client, so a fake must grant whatever it is asked for: this one cannot.
  fake.answers["/v3/lease/grant"] = R"({"header":)" + kHeader + R"(,"ID":"5","TTL":"3"})";
  EXPECT_EQ(campaign(loop, client, "main", "site1", 3).outcome, EtcdOutcome::kUnavailable);
  for (const std::string& body :
       {std::string("{}"), R"({"header":)" + kHeader + R"(,"succeeded":true})",
        R"({"header":)" + kHeader + R"(,"succeeded":"yes","responses":[{"response_put":{}}]})",
        R"({"header":)" + kHeader + R"(,"succeeded":true,"responses":[{"response_range":{}}]})",
        R"({"header":)" + kHeader + R"(,"responses":[{"response_range":{}}]})",
        std::string(R"({"succeeded":true,"responses":[{"response_put":{}}]})")}) {
    EXPECT_FALSE(io::etcd::read_campaign(body, "/wideip/main")) << body;
  }
}

// The text between `from` and the next quotation mark.
std::string after(const std::string& text, const std::string& from) {
  const auto at = text.find(from);
  return at == text.npos ? "" : text.substr(at + from.size(), text.find('"', at + from.size()) - at - from.size());
}

TEST(EtcdHostile, ACampaignWhoseAnswerWasLostDoesNotLoseToItself) {
  base::Loop loop;
  int transactions = 0;
  std::string lease;
  const auto server = *io::HttpServer::listen(
      loop, io_test::loopback(), {}, io::answer_at_once([&](const io::ServerRequest& request) {
        io::ServerResponse out{200, "", "application/json", {}};
        if (request.path == "/v3/lease/grant") {
          lease = after(request.body, "\"ID\":\"");
          out.body = R"({"header":)" + kHeader + R"(,"ID":")" + lease + R"(","TTL":"3"})";
        } else if (request.path == "/v3/kv/txn" && ++transactions == 1) {
          out.body = "cut off";
        } else if (request.path == "/v3/kv/txn") {
          out.body = R"({"header":)" + kHeader +
                     R"(,"responses":[{"response_range":{"count":"1","kvs":[{"key":"L3dpZGVpcC9tYWlu",)" +
                     R"("create_revision":"6","value":"YQ==","lease":")" + lease + R"("}]}}]})";
        }
        return out;
      }));
  const auto url = "http://127.0.0.1:" + std::to_string(server->address().port);
  EtcdClient client(loop, options_for({url, url}));
  const auto won = campaign(loop, client, "main", "a", 3);
  EXPECT_EQ(won.outcome, EtcdOutcome::kDone) << won.message;
  EXPECT_EQ(won.create_revision, 6);
  EXPECT_EQ(std::to_string(won.lease_id), lease);
}

TEST(EtcdHostile, AGoodEndpointBehindABadOneIsStillFound) {
  base::Loop loop;
  io_test::RawServer bad(loop, http("<html>"), Then::kClose);
  FakeEtcd good(loop);
  good.answers["/v3/lease/keepalive"] = R"({"result":{"header":)" + kHeader + R"(,"ID":"5","TTL":"3"}})";
  EtcdClient client(loop, options_for({bad.url(""), good.url()}));
  EXPECT_EQ(keep_alive(loop, client, 5).outcome, EtcdOutcome::kDone);
  EXPECT_EQ(client.counters().garbage, 1U);
}

TEST(EtcdHostile, WithoutEndpointsOrWithBadOnesEveryCallIsUnavailable) {
  base::Loop loop;
  EtcdClient none(loop, options_for({}));
  EXPECT_EQ(keep_alive(loop, none, 5).outcome, EtcdOutcome::kUnavailable);
  EXPECT_EQ(none.endpoint(), "");
  EtcdClient bad(loop, options_for({"", "ftp://127.0.0.1", "http://etcd.example.com:2379"}));
  EXPECT_EQ(keep_alive(loop, bad, 5).outcome, EtcdOutcome::kUnavailable);
}

TEST(EtcdHostile, AServerThatNeverTakesATokenIsNotAskedForever) {
  base::Loop loop;
  FakeEtcd fake(loop);
  fake.status = 401;
  fake.answers["/v3/kv/range"] = R"({"error":"x","message":"etcdserver: invalid auth token","code":16})";
  fake.answers["/v3/auth/authenticate"] = fake.answers["/v3/kv/range"];
  auto options = options_for({fake.url()});
  options.user = "site";
  options.password = "p";
  EtcdClient client(loop, options);
  EXPECT_EQ(read(loop, client, "main").outcome, EtcdOutcome::kUnavailable);
  EXPECT_LE(fake.asked.size(), 4U);
}

// etcd hashes passwords on purpose slowly: signing in goes on while questions run out, once for all of them.
TEST(EtcdHostile, ASlowSignInOutlivesTheQuestionsThatWaitForIt) {
  base::Loop loop;
  std::vector<io::Responder> signing_in;
  const auto handler = [&](const io::ServerRequest& request, io::Responder responder) {
    if (request.path == "/v3/auth/authenticate") return signing_in.push_back(std::move(responder));
    responder.respond({200, R"({"header":)" + kHeader + "}", "application/json", {}});
  };
  const auto server = *io::HttpServer::listen(loop, io_test::loopback(), {}, handler);
  auto options = options_for({"http://127.0.0.1:" + std::to_string(server->address().port), "http://127.0.0.1:1"});
  options.user = "site";
  options.password = "p";
  options.limit = base::milliseconds(60);
  EtcdClient client(loop, options);
  bool other = false;
  client.read("other", [&](const io::EtcdRead& got) { other = got.outcome == EtcdOutcome::kUnavailable; });
  const auto late = read(loop, client, "main");
  EXPECT_EQ(late.outcome, EtcdOutcome::kUnavailable);
  EXPECT_NE(late.message.find("no token yet"), std::string::npos) << late.message;
  ASSERT_TRUE(io_test::run_until(loop, [&] { return other; }));
  ASSERT_EQ(signing_in.size(), 1U);
  signing_in[0].respond({200, R"({"header":)" + kHeader + R"(,"token":"t.1"})", "application/json", {}});
  ASSERT_TRUE(io_test::run_until(loop, [&] { return client.counters().authentications == 1; }));
  const auto got = read(loop, client, "main");
  EXPECT_EQ(got.outcome, EtcdOutcome::kDone) << got.message;
  EXPECT_EQ(signing_in.size(), 1U);
}

TEST(EtcdHostile, ACallbackMayDestroyTheClient) {
  base::Loop loop;
  FakeEtcd fake(loop);
  fake.answers["/v3/kv/range"] = R"({"header":)" + kHeader + "}";
  for (const std::string& url : {fake.url(), std::string("http://127.0.0.1:1")}) {
    auto client = std::make_unique<EtcdClient>(loop, options_for({url}));
    bool done = false;
    bool other = false;
    client->campaign("main", "site1", 3, [&](const io::EtcdCampaign&) { other = true; });
    const auto watch = client->watch("main", [&](const io::EtcdView&) { other = true; });
    client->read("main", [&](const io::EtcdRead&) {
      client.reset();
      other = false;
      done = true;
    });
    ASSERT_TRUE(io_test::run_until(loop, [&] { return done; }));
    io_test::run_for(loop, base::milliseconds(50));
    EXPECT_FALSE(other) << "calls of a client that is gone stay silent";
  }
}

TEST(EtcdHostile, AWatchOfNonsenseTellsThatItIsBlindAndWhy) {
  base::Loop loop;
  for (const auto& hostile : hostile_answers()) {
    SCOPED_TRACE(hostile.name);
    io_test::RawServer server(loop, hostile.text, hostile.then);
    auto options = options_for({server.url("")});
    options.limit = base::milliseconds(100);
    EtcdClient client(loop, options);
    std::optional<io::EtcdView> view;
    const auto watch = client.watch("main", [&](const io::EtcdView& v) { view = v; });
    ASSERT_TRUE(io_test::run_until(loop, [&] { return view.has_value(); }));
    EXPECT_TRUE(view->blind);
    EXPECT_FALSE(view->message.empty());
  }
}

TEST(EtcdHostile, AStreamOfNonsenseDoesNotSpoilWhatReadingsTell) {
  base::Loop loop;
  FakeEtcd fake(loop);
  fake.answers["/v3/kv/range"] = R"({"header":)" + kHeader + "}";
  for (const std::string& stream :
       {std::string("<html>\n"), std::string(200000, 'x'), std::string("{}\n{}\n"), std::string("\n\n\n"),
        R"({"result":{"header":)" + kHeader + R"(,"events":[{"kv":{"key":"eA==","create_revision":"9"}}]}})" + "\n",
        R"({"error":{"grpc_code":14,"message":"no leader"}})" + std::string("\n")}) {
    SCOPED_TRACE(stream.substr(0, 60));
    fake.answers["/v3/watch"] = stream;
    fake.asked.clear();
    auto options = options_for({fake.url()});
    options.confirm_every = base::milliseconds(200);
    EtcdClient client(loop, options);
    std::vector<io::EtcdView> views;
    const auto watch = client.watch("main", [&](const io::EtcdView& v) { views.push_back(v); });
    io_test::run_for(loop, base::milliseconds(600));
    ASSERT_EQ(views.size(), 1U);
    EXPECT_FALSE(views[0].blind);
    EXPECT_FALSE(views[0].owner);
    EXPECT_LE(fake.asked.size(), 16U) << "no endless haste";
    EXPECT_GE(fake.asked.size(), 4U) << "but never given up";
  }
}

}  // namespace
