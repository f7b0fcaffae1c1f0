#include "sitecheck/io/ecv_server.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/io/http_client.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/ecv/sample_report.h"

namespace {

using io_test::run_until;
using sitecheck::EcvServer;

ecv::KeyRing ring() {
  ecv::Key key{"d1", ecv::Purpose::kDnsd, {}};
  key.secret.fill(7);
  return {{key}, ecv::Purpose::kDnsd};
}

class EcvServerTest : public testing::Test {
 protected:
  EcvServerTest() {
    node_.name = "db1";
    node_.host = "192.0.2.1";
    node_.port = 3306;
    node_.primary = true;
    node_.state = ecv::NodeState::kActive;
    node_.read_only = false;
    serve(ring());
  }
  void serve(ecv::KeyRing keys) {
    sitecheck::EcvOptions options;
    options.listen = io_test::loopback();
    options.max_wait = max_wait_;
    sitecheck::EcvProvider provider;
    provider.report = [this](std::string_view pool) { return pool == "main" ? std::optional(report_) : std::nullopt; };
    provider.nodes = [this](std::string_view pool) {
      return pool == "main" ? std::vector{node_} : std::vector<sitecheck::EcvNode>();
    };
    server_.reset();
    server_ = std::move(*EcvServer::listen(loop_, options, std::move(keys), provider));
  }
  std::unique_ptr<io::HttpCall> start(const std::string& target, std::optional<io::HttpReply>& into,
                                      const std::string& method = "GET") {
    io::HttpRequest request;
    request.method = method;
    request.url = "http://127.0.0.1:" + std::to_string(server_->address().port) + target;
    request.timeout = base::seconds(8);
    return client_.start(request, [&](const io::HttpReply& r) { into = r; });
  }
  io::HttpReply get(const std::string& target, const std::string& method = "GET") {
    std::optional<io::HttpReply> got;
    const auto call = start(target, got, method);
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(io::HttpReply{});
  }
  static ecv::Report parse(const io::HttpReply& reply) {
    const auto got = ecv::decode(reply.body);
    EXPECT_TRUE(got) << got.error().message;
    return got.value_or(ecv::Report{});
  }

  base::Loop loop_;
  io::HttpClient client_{loop_};
  ecv::Report report_ = ecv_test::sample_report();
  sitecheck::EcvNode node_;
  base::Duration max_wait_ = base::milliseconds(250);
  std::unique_ptr<EcvServer> server_;
};

TEST_F(EcvServerTest, SignsTheReportOverTheNonce) {
  const std::string target = "/ecv/v1/main?nonce=abc123&from=ns1&max_epoch=5";
  const auto reply = get(target);
  EXPECT_EQ(reply.status, 200);
  ASSERT_NE(reply.header("wideip-mac"), nullptr);
  EXPECT_EQ(ecv::verify_http(ring(), *reply.header("wideip-mac"), "GET", target, "abc123", reply.body),
            ecv::MacFault::kNone);
  EXPECT_EQ(ecv::verify_http(ring(), *reply.header("wideip-mac"), "GET", target, "other", reply.body),
            ecv::MacFault::kMismatch);
  EXPECT_EQ(parse(reply).pool, "main");
  EXPECT_EQ(*reply.header("content-type"), "application/json");
}

TEST_F(EcvServerTest, AnUnsignedGetMayRead) {
  const auto reply = get("/ecv/v1/main");
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.header("wideip-mac"), nullptr);
  EXPECT_EQ(parse(reply).state, ecv::PoolState::kActive);
  serve({});
  EXPECT_EQ(get("/ecv/v1/main?nonce=x").header("wideip-mac"), nullptr) << "no key, no signature";
}

TEST_F(EcvServerTest, Is200OnlyIfActiveWithLeaseLeft) {
  for (int i = 0; i < 9; ++i) {
    report_.state = static_cast<ecv::PoolState>(i);
    EXPECT_EQ(get("/ecv/v1/main").status, report_.state == ecv::PoolState::kActive ? 200 : 503) << i;
  }
  report_.state = ecv::PoolState::kActive;
  report_.lease_ms = 0;
  const auto reply = get("/ecv/v1/main");
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(parse(reply).lease_ms, 0) << "the report is there all the same";
}

TEST_F(EcvServerTest, EachAnswerGrowsSeqAndRestatesTheLease) {
  const auto first = parse(get("/ecv/v1/main"));
  report_.lease_ms = 900;
  const auto second = parse(get("/ecv/v1/main"));
  EXPECT_EQ(second.seq, first.seq + 1);
  EXPECT_EQ(second.lease_ms, 900);
  EXPECT_NE(second.server_time, "");
}

TEST_F(EcvServerTest, ArgumentsChangeNothing) {
  const auto before = parse(get("/ecv/v1/main"));
  for (const auto* args : {"?max_epoch=18446744073709551615&from=site2", "?max_epoch=-1", "?max_epoch=x&from=%00"}) {
    const auto after = parse(get(std::string("/ecv/v1/main") + args));
    EXPECT_EQ(after.epoch, before.epoch);
    EXPECT_EQ(after.max_epoch_seen, before.max_epoch_seen);
    EXPECT_EQ(after.state, before.state);
  }
}

TEST_F(EcvServerTest, HoldsAWaitUntilTheClaimChanges) {
  max_wait_ = base::seconds(5);
  serve(ring());
  const auto seen = parse(get("/ecv/v1/main")).seq;
  std::optional<io::HttpReply> got;
  const std::string target = "/ecv/v1/main?nonce=n1&wait=" + std::to_string(seen);
  const auto call = start(target, got);
  io_test::run_for(loop_, base::milliseconds(60));
  EXPECT_FALSE(got);
  server_->notify("other");
  io_test::run_for(loop_, base::milliseconds(20));
  EXPECT_FALSE(got) << "another pool's change is none of this one";
  report_.epoch = ecv::Epoch::make(9, 1);
  report_.lease_ms = 600;
  const auto at = base::read_boot_clock();
  server_->notify("main");
  ASSERT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
  EXPECT_LT(base::read_boot_clock() - at, base::seconds(2)) << "at once";
  const auto after = parse(*got);
  EXPECT_GT(after.seq, seen);
  EXPECT_EQ(after.epoch.counter(), 9U);
  EXPECT_EQ(after.lease_ms, 600) << "as of the sending, not of the asking";
  EXPECT_EQ(ecv::verify_http(ring(), *got->header("wideip-mac"), "GET", target, "n1", got->body), ecv::MacFault::kNone);
}

TEST_F(EcvServerTest, AWaitEndsAfterThePollInterval) {
  max_wait_ = base::milliseconds(100);
  serve(ring());
  const auto seen = parse(get("/ecv/v1/main")).seq;
  const auto at = base::read_boot_clock();
  const auto reply = get("/ecv/v1/main?wait=" + std::to_string(seen));
  EXPECT_GE(base::read_boot_clock() - at, base::milliseconds(99));
  EXPECT_GT(parse(reply).seq, seen);
  EXPECT_EQ(server_->counters().held, 1U);
}

TEST_F(EcvServerTest, AWaitForWhatIsOldIsAnsweredAtOnce) {
  max_wait_ = base::seconds(30);
  serve(ring());
  const auto seen = parse(get("/ecv/v1/main")).seq;
  server_->notify("main");  // the change came between two requests
  EXPECT_EQ(get("/ecv/v1/main?wait=" + std::to_string(seen)).status, 200);
  EXPECT_EQ(get("/ecv/v1/main?wait=0").status, 200) << "has seen nothing yet";
  EXPECT_EQ(get("/ecv/v1/main?wait=99999").status, 200) << "a seq of another process";
  EXPECT_EQ(server_->counters().held, 0U);
}

TEST_F(EcvServerTest, StopsWhileRequestsAreHeld) {
  max_wait_ = base::seconds(30);
  serve(ring());
  const auto seen = parse(get("/ecv/v1/main")).seq;
  std::optional<io::HttpReply> got;
  const auto call = start("/ecv/v1/main?wait=" + std::to_string(seen), got);
  ASSERT_TRUE(run_until(loop_, [&] { return server_->counters().held == 1; }));
  server_.reset();
  ASSERT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
  EXPECT_NE(got->fault, io::HttpFault::kNone);
}

TEST_F(EcvServerTest, RefusesWhatItDoesNotServe) {
  const struct {
    const char* target;
    int status;
  } cases[] = {
      {"/", 404},
      {"/ecv/v1/", 404},
      {"/ecv/v1/none", 404},
      {"/ecv/v1/none/active", 404},
      {"/ecv/v1/main/other", 404},
      {"/ecv/v1/main/none/active", 404},
      {"/ecv/v1/main/db1/active/more", 404},
      {"/ecv/v1/main?nonce=", 400},
      {"/ecv/v1/main?nonce=%01", 400},
      {"/ecv/v1/main?nonce=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", 400},
      {"/ecv/v1/main?wait=", 400},
      {"/ecv/v1/main?wait=-1", 400},
      {"/ecv/v1/main?wait=99999999999999999999", 400},
      {"/cache/none?list", 404},
      {"/cache/main", 400},
  };
  for (const auto& c : cases) EXPECT_EQ(get(c.target).status, c.status) << c.target;
  EXPECT_EQ(get("/ecv/v1/main", "POST").status, 405);
  EXPECT_EQ(server_->counters().refused, std::size(cases) + 1);
}

TEST_F(EcvServerTest, SpeaksPlainTextToBalancers) {
  const auto check = [&](const std::string& path, bool up) {
    const auto reply = get("/ecv/v1/main" + path);
    EXPECT_EQ(reply.status, up ? 200 : 503) << path;
    EXPECT_EQ(reply.body, up ? "UP\n" : "DOWN\n") << path;
  };
  for (const auto* path : {"/active", "/writable", "/readable", "/db1/active", "/db1/writable", "/db1/readable"}) {
    check(path, true);
  }
  EXPECT_EQ(get("/ecv/v1/main/active", "HEAD").status, 200);
  report_.state = ecv::PoolState::kFencing;
  node_.state = ecv::NodeState::kFenced;
  for (const auto* path : {"/active", "/writable", "/readable", "/db1/active"}) check(path, false);
  report_.state = ecv::PoolState::kStandby;
  node_.state = ecv::NodeState::kStandby;
  check("/active", false);
  check("/readable", true);
  check("/db1/readable", true);
}

TEST_F(EcvServerTest, SpeaksTheClassicForms) {
  EXPECT_EQ(get("/mpp/main?is-active=192.0.2.1:3306").body, "OK\n");
  EXPECT_EQ(get("/mpp/main?report=192.0.2.1:3306").body, "OK/ACTIVE (PRIMARY)\n");
  EXPECT_EQ(get("/mpp/main?list").body, "192.0.2.1:3306 OK/ACTIVE (PRIMARY)\n");
  report_.lease_ms = 0;
  EXPECT_EQ(get("/mpp/main?is-active=192.0.2.1:3306").body, "NO\n");
}

}  // namespace
