#include "base/io/http_client.h"

#include <gtest/gtest.h>

#include "base/io/http_server.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/raw_server.h"

namespace {

using io::HttpClient;
using io::HttpFault;
using io::HttpReply;
using io::HttpRequest;
using io_test::RawServer;
using io_test::run_until;
using io_test::Then;

HttpRequest get(const std::string& url) {
  HttpRequest out;
  out.url = url;
  return out;
}

HttpReply fetch(base::Loop& loop, HttpClient& client, HttpRequest request) {
  std::optional<HttpReply> got;
  const auto call = client.start(std::move(request), [&](const HttpReply& r) { got = r; });
  EXPECT_FALSE(got) << "answered from within start()";
  EXPECT_TRUE(run_until(loop, [&] { return got.has_value(); }));
  return got.value_or(HttpReply{});
}

struct Echo {
  explicit Echo(base::Loop& loop, const base::SocketAddress& at = io_test::loopback())
      : server(*io::HttpServer::listen(loop, at, {}, io::answer_at_once([this](const io::ServerRequest& r) {
                                         ++requests;
                                         last = r;
                                         return io::ServerResponse{status, body, "text/plain", {{"X-Reply", "yes"}}};
                                       }))) {}
  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(server->address().port) + path;
  }
  int status = 200;
  std::string body = "hello";
  int requests = 0;
  io::ServerRequest last;
  std::unique_ptr<io::HttpServer> server;
};

TEST(HttpClient, GetsStatusHeadersAndBody) {
  base::Loop loop;
  Echo echo(loop);
  HttpClient client(loop);
  auto request = get(echo.url("/a/../b?x=%41"));
  request.headers = {{"X-Ask", "1"}, {"X-Empty", ""}};
  const auto reply = fetch(loop, client, request);
  EXPECT_EQ(reply.fault, HttpFault::kNone) << reply.detail;
  EXPECT_EQ(reply.status, 200);
  EXPECT_EQ(reply.body, "hello");
  ASSERT_NE(reply.header("x-reply"), nullptr);
  EXPECT_EQ(*reply.header("x-reply"), "yes");
  EXPECT_EQ(reply.header("absent"), nullptr);
  EXPECT_EQ(echo.last.target, "/a/../b?x=%41") << "the target travels as written: signatures cover it";
  ASSERT_NE(echo.last.header("x-ask"), nullptr);
  EXPECT_EQ(*echo.last.header("x-ask"), "1");
  EXPECT_NE(echo.last.header("x-empty"), nullptr);
}

TEST(HttpClient, AStatusOtherThan200IsAnAnswerNoFault) {
  base::Loop loop;
  Echo echo(loop);
  echo.status = 503;
  HttpClient client(loop);
  const auto reply = fetch(loop, client, get(echo.url()));
  EXPECT_EQ(reply.fault, HttpFault::kNone);
  EXPECT_EQ(reply.status, 503);
  EXPECT_EQ(reply.body, "hello");
}

TEST(HttpClient, FollowsNoRedirect) {
  base::Loop loop;
  RawServer raw(loop, "HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n", Then::kClose);
  HttpClient client(loop);
  const auto reply = fetch(loop, client, get(raw.url()));
  EXPECT_EQ(reply.status, 302);
  EXPECT_EQ(raw.accepted(), 1);
}

TEST(HttpClient, PostsABody) {
  base::Loop loop;
  Echo echo(loop);
  HttpClient client(loop);
  auto request = get(echo.url());
  request.method = "POST";
  request.body = std::string("a\0b", 3);
  EXPECT_EQ(fetch(loop, client, request).status, 200);
  EXPECT_EQ(echo.last.method, "POST");
  EXPECT_EQ(echo.last.body, std::string("a\0b", 3));
}

TEST(HttpClient, KeepsConnectionsUnlessAFreshOneIsAsked) {
  base::Loop loop;
  Echo echo(loop);
  HttpClient client(loop);
  fetch(loop, client, get(echo.url()));
  const auto first = echo.last.from;
  fetch(loop, client, get(echo.url()));
  EXPECT_EQ(echo.last.from, first);
  auto fresh = get(echo.url());
  fresh.fresh_connection = true;
  fetch(loop, client, fresh);
  EXPECT_NE(echo.last.from, first);
}

TEST(HttpClient, ConnectsWhereItIsTold) {
  base::Loop loop;
  Echo echo(loop);
  HttpClient client(loop);
  auto request = get("http://site.example/x");
  request.connect_to = echo.server->address();
  EXPECT_EQ(fetch(loop, client, request).status, 200);
  ASSERT_NE(echo.last.header("host"), nullptr);
  EXPECT_EQ(*echo.last.header("host"), "site.example");
}

TEST(HttpClient, SpeaksIpv6) {
  base::Loop loop;
  Echo echo(loop, {base::IpAddress::parse("::1").value(), 0});
  HttpClient client(loop);
  EXPECT_EQ(fetch(loop, client, get("http://[::1]:" + std::to_string(echo.server->address().port) + "/")).status, 200);
}

TEST(HttpClient, RefusesWhatItMustNotSend) {
  base::Loop loop;
  HttpClient client(loop);
  for (const auto* url : {"ftp://127.0.0.1/", "file:///etc/passwd", "http://localhost/", "http://a:b@127.0.0.1/", "",
                          "nonsense", "http://127.0.0.1/\r\nX: y", "http://"}) {
    const auto reply = fetch(loop, client, get(url));
    EXPECT_EQ(reply.fault, HttpFault::kBadRequest) << url;
    EXPECT_FALSE(reply.detail.empty()) << url;
    EXPECT_EQ(reply.detail.find("a:b"), std::string::npos) << "a password was printed";
  }
  auto request = get("http://127.0.0.1:1/");
  request.headers = {{"X", "y\r\nZ: w"}};
  EXPECT_EQ(fetch(loop, client, request).fault, HttpFault::kBadRequest);
  request = get("http://127.0.0.1:1/");
  request.method = "DELETE";
  EXPECT_EQ(fetch(loop, client, request).fault, HttpFault::kBadRequest);
}

TEST(HttpClient, TellsARefusedConnection) {
  base::Loop loop;
  std::uint16_t port = 0;
  { port = RawServer(loop, "", Then::kClose).address().port; }
  HttpClient client(loop);
  EXPECT_EQ(fetch(loop, client, get("http://127.0.0.1:" + std::to_string(port) + "/")).fault, HttpFault::kRefused);
}

TEST(HttpClient, TimesOutOnASilentServer) {
  base::Loop loop;
  RawServer raw(loop, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe", Then::kStay);
  HttpClient client(loop);
  auto request = get(raw.url());
  request.timeout = base::milliseconds(80);
  const auto reply = fetch(loop, client, request);
  EXPECT_EQ(reply.fault, HttpFault::kTimeout);
  EXPECT_TRUE(reply.body.empty()) << "half a body must not be read";
  EXPECT_GE(reply.elapsed, base::milliseconds(79));
  EXPECT_LT(reply.elapsed, base::seconds(5));
}

TEST(HttpClient, TimesOutWhileItWaitsForAConnection) {
  base::Loop loop;
  RawServer raw(loop, "", Then::kStay);
  HttpClient client(loop, 1);
  auto first = client.start(get(raw.url()), [](const HttpReply&) {});
  auto request = get(raw.url());
  request.timeout = base::milliseconds(80);
  const auto reply = fetch(loop, client, request);
  EXPECT_EQ(reply.fault, HttpFault::kTimeout);
  EXPECT_LT(reply.elapsed, base::seconds(5));
}

TEST(HttpClient, NamesTheFaultOfABadAnswer) {
  const std::string big(3000, 'x');
  const struct {
    const char* what;
    std::string text;
    Then then;
    HttpFault fault;
  } cases[] = {
      {"closed before a byte", "", Then::kClose, HttpFault::kReset},
      {"reset before a byte", "", Then::kReset, HttpFault::kReset},
      {"cut within the body", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhe", Then::kClose, HttpFault::kReset},
      {"no HTTP", "SSH-2.0-OpenSSH_9.2\r\n", Then::kClose, HttpFault::kMalformed},
      {"garbage of a MySQL greeting", std::string("J\0\0\0\n5.7.29\0", 12), Then::kClose, HttpFault::kMalformed},
      {"bad content length", "HTTP/1.1 200 OK\r\nContent-Length: -7\r\n\r\nx", Then::kClose, HttpFault::kMalformed},
      {"body over the cap, announced", "HTTP/1.1 200 OK\r\nContent-Length: 3000\r\n\r\n" + big, Then::kClose,
       HttpFault::kTooLarge},
      {"body over the cap, to the end", "HTTP/1.1 200 OK\r\n\r\n" + big, Then::kClose, HttpFault::kTooLarge},
      {"headers without end",
       "HTTP/1.1 200 OK\r\n" +
           [&] {
             std::string out;
             for (int i = 0; i < 40; ++i) out += "X-" + std::to_string(i) + ": " + big + "\r\n";
             return out;
           }(),
       Then::kStay, HttpFault::kTooLarge},
  };
  for (const auto& c : cases) {
    base::Loop loop;
    RawServer raw(loop, c.text, c.then);
    HttpClient client(loop);
    auto request = get(raw.url());
    request.max_body = 2048;
    const auto reply = fetch(loop, client, request);
    EXPECT_EQ(name(reply.fault), name(c.fault)) << c.what << ": " << reply.detail;
    EXPECT_TRUE(reply.body.empty()) << c.what;
  }
}

TEST(HttpClient, ADestroyedCallStaysSilent) {
  base::Loop loop;
  RawServer raw(loop, "", Then::kStay);
  HttpClient client(loop);
  bool called = false;
  auto request = get(raw.url());
  request.timeout = base::milliseconds(50);
  auto call = client.start(request, [&](const HttpReply&) { called = true; });
  ASSERT_TRUE(run_until(loop, [&] { return raw.accepted() == 1; }));
  call.reset();
  io_test::run_for(loop, base::milliseconds(120));
  EXPECT_FALSE(called);
}

TEST(HttpClient, ACallbackMayDestroyCallAndClient) {
  base::Loop loop;
  Echo echo(loop);
  auto client = std::make_unique<HttpClient>(loop);
  std::unique_ptr<io::HttpCall> call;
  std::unique_ptr<io::HttpCall> other;
  bool done = false;
  call = client->start(get(echo.url()), [&](const HttpReply&) {
    call.reset();
    client.reset();
    done = true;
  });
  other = client->start(get(echo.url()), [&](const HttpReply&) {
    other.reset();
    client.reset();
    done = true;
  });
  EXPECT_TRUE(run_until(loop, [&] { return done; }));
  io_test::run_for(loop, base::milliseconds(20));
}

TEST(HttpClient, ACallbackMayStartTheNextRequest) {
  base::Loop loop;
  Echo echo(loop);
  HttpClient client(loop);
  std::unique_ptr<io::HttpCall> call;
  int answered = 0;
  std::function<void()> next = [&] {
    call = client.start(get(echo.url()), [&](const HttpReply& r) {
      EXPECT_EQ(r.status, 200);
      if (++answered < 20) next();
    });
  };
  next();
  EXPECT_TRUE(run_until(loop, [&] { return answered == 20; }));
}

TEST(HttpClient, ServesManyCallsAtOnce) {
  base::Loop loop;
  Echo echo(loop);
  RawServer silent(loop, "", Then::kStay);
  HttpClient client(loop);
  int ok = 0;
  int late = 0;
  std::vector<std::unique_ptr<io::HttpCall>> calls;
  for (int i = 0; i < 60; ++i) {
    auto request = get(i % 2 == 0 ? echo.url() : silent.url());
    request.timeout = base::milliseconds(i % 2 == 0 ? 5000 : 100);
    calls.push_back(client.start(request, [&](const HttpReply& r) { (r.fault == HttpFault::kNone ? ok : late) += 1; }));
  }
  EXPECT_TRUE(run_until(loop, [&] { return ok + late == 60; }));
  EXPECT_EQ(ok, 30);
  EXPECT_EQ(late, 30);
}

TEST(HttpClient, AStreamIsHandedOverPieceByPieceBeyondItsTimeout) {
  base::Loop loop;
  RawServer server(loop, "HTTP/1.1 200 OK\r\n\r\none", Then::kStay);
  HttpClient client(loop);
  auto request = get(server.url());
  request.timeout = base::milliseconds(200);
  std::string got;
  bool ended = false;
  request.on_part = [&](int status, std::string_view part) {
    EXPECT_EQ(status, 200);
    got += part;
    return true;
  };
  const auto call = client.start(request, [&](const HttpReply&) { ended = true; });
  io_test::run_for(loop, base::milliseconds(400));
  EXPECT_EQ(got, "one");
  EXPECT_FALSE(ended) << "the timeout runs to the first piece only";
}

TEST(HttpClient, AStreamThatNeverBeginsTimesOutAndOneNotWantedEnds) {
  base::Loop loop;
  RawServer silent(loop, "HTTP/1.1 200 OK\r\n\r\n", Then::kStay);
  HttpClient client(loop);
  auto request = get(silent.url());
  request.timeout = base::milliseconds(200);
  request.on_part = [](int, std::string_view) { return false; };
  EXPECT_EQ(fetch(loop, client, request).fault, HttpFault::kTimeout);
  RawServer talking(loop, "HTTP/1.1 200 OK\r\n\r\none", Then::kStay);
  request.url = talking.url();
  EXPECT_EQ(fetch(loop, client, request).fault, HttpFault::kTooLarge);
}

}  // namespace
