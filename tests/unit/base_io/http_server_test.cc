#include "base/io/http_server.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <optional>

#include "base/fd.h"
#include "base/io/http_client.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using io::HttpServer;
using io::Responder;
using io::ServerRequest;
using io::ServerResponse;
using io_test::loopback;
using io_test::run_until;

std::unique_ptr<HttpServer> serve(base::Loop& loop, io::HttpHandler handler, io::ServerOptions options = {}) {
  auto server = HttpServer::listen(loop, loopback(), options, std::move(handler));
  EXPECT_TRUE(server) << server.error().message;
  return std::move(*server);
}

base::Fd connect_to(const base::SocketAddress& to) {
  sockaddr_storage where{};
  const auto length = to.to_sockaddr(where);
  base::Fd fd(::socket(AF_INET, SOCK_STREAM, 0));
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&where), length), 0);
  return fd;
}

// Sends `text`, returns all that comes until the server closes or `limit` passes.
std::string talk(base::Loop& loop, const base::SocketAddress& to, std::string_view text,
                 base::Duration limit = base::seconds(5)) {
  const auto fd = connect_to(to);
  EXPECT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  std::string out;
  bool closed = false;
  base::Poll poll(loop, fd.get(), [&](int, int) {
    std::array<char, 4096> part{};
    const auto n = ::recv(fd.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (n > 0) out.append(part.data(), static_cast<std::size_t>(n));
    closed = n == 0 || (n < 0 && errno != EAGAIN);
    if (closed) poll.stop();
  });
  poll.start(base::Poll::kReadable);
  run_until(
      loop, [&] { return closed; }, limit);
  return out;
}

std::string status_line(const std::string& answer) { return answer.substr(0, answer.find("\r\n")); }

TEST(HttpServer, TellsTheRequestAsItCame) {
  base::Loop loop;
  std::optional<ServerRequest> got;
  const auto server = serve(loop, io::answer_at_once([&](const ServerRequest& r) {
                              got = r;
                              return ServerResponse{201, "made\n", "application/json", {{"X-More", "1"}}};
                            }));
  const auto answer =
      talk(loop, server->address(),
           "GET /a%20b/c?x=1%2B1&list&y=a+b HTTP/1.1\r\nHost: h\r\nX-Ask: v\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 201 Created");
  EXPECT_NE(answer.find("Content-Type: application/json\r\n"), std::string::npos);
  EXPECT_NE(answer.find("X-More: 1\r\n"), std::string::npos);
  EXPECT_EQ(answer.substr(answer.size() - 5), "made\n");
  ASSERT_TRUE(got);
  EXPECT_EQ(got->method, "GET");
  EXPECT_EQ(got->target, "/a%20b/c?x=1%2B1&list&y=a+b");
  EXPECT_EQ(got->path, "/a b/c");
  ASSERT_NE(got->argument("x"), nullptr);
  EXPECT_EQ(*got->argument("x"), "1+1");
  ASSERT_NE(got->argument("list"), nullptr);
  EXPECT_EQ(*got->argument("list"), "");
  EXPECT_EQ(*got->argument("y"), "a b");
  EXPECT_EQ(got->argument("z"), nullptr);
  EXPECT_EQ(*got->header("x-ask"), "v");
  EXPECT_TRUE(got->from.ip.is_loopback());
  EXPECT_NE(got->from.port, 0);
}

TEST(HttpServer, HeadGetsHeadersWithoutBody) {
  base::Loop loop;
  const auto server = serve(loop, io::answer_at_once([](const ServerRequest&) {
                              return ServerResponse{200, "12345"};
                            }));
  const auto answer = talk(loop, server->address(), "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK");
  EXPECT_NE(answer.find("Content-Length: 5\r\n"), std::string::npos);
  EXPECT_EQ(answer.substr(answer.size() - 4), "\r\n\r\n");
}

TEST(HttpServer, HoldsAnAnswerUntilItIsGiven) {
  base::Loop loop;
  std::optional<Responder> held;
  const auto server = serve(loop, [&](const ServerRequest&, Responder r) { held.emplace(std::move(r)); });
  io::HttpClient client(loop);
  std::optional<io::HttpReply> got;
  io::HttpRequest request;
  request.url = "http://127.0.0.1:" + std::to_string(server->address().port) + "/";
  const auto call = client.start(request, [&](const io::HttpReply& r) { got = r; });
  ASSERT_TRUE(run_until(loop, [&] { return held.has_value(); }));
  io_test::run_for(loop, base::milliseconds(50));
  EXPECT_FALSE(got);
  const auto at = base::read_boot_clock();
  held->respond({200, "now"});
  held->respond({200, "twice"});
  ASSERT_TRUE(run_until(loop, [&] { return got.has_value(); }));
  EXPECT_LT(base::read_boot_clock() - at, base::seconds(1)) << "a held answer must travel at once";
  EXPECT_EQ(got->body, "now");
}

TEST(HttpServer, AHeldAnswerOutlivesTheIdleTimeout) {
  base::Loop loop;
  std::optional<Responder> held;
  io::ServerOptions options;
  options.idle_timeout = base::seconds(1);
  const auto server = serve(
      loop, [&](const ServerRequest&, Responder r) { held.emplace(std::move(r)); }, options);
  base::Timer later(loop, [&] { held->respond({200, "late"}); });
  later.start(base::milliseconds(1600));
  const auto answer = talk(loop, server->address(), "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK");
}

TEST(HttpServer, AForgottenResponderAnswers503) {
  base::Loop loop;
  const auto server = serve(loop, [](const ServerRequest&, Responder) {});
  EXPECT_EQ(status_line(talk(loop, server->address(), "GET / HTTP/1.0\r\n\r\n")), "HTTP/1.1 503 Service Unavailable");
}

TEST(HttpServer, StopsWithAnswersHeld) {
  base::Loop loop;
  std::vector<Responder> held;
  auto server = serve(loop, [&](const ServerRequest&, Responder r) { held.push_back(std::move(r)); });
  const auto a = connect_to(server->address());
  const auto b = connect_to(server->address());
  for (const auto* fd : {&a, &b}) ASSERT_EQ(::send(fd->get(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27, 0), 27);
  ASSERT_TRUE(run_until(loop, [&] { return held.size() == 2; }));
  server.reset();
  held.front().respond({200, "into the void"});
  held.clear();
  char c = 0;
  EXPECT_LE(::recv(a.get(), &c, 1, 0), 0) << "the client sees a closed connection";
}

TEST(HttpServer, AClientThatLeavesAHeldAnswerHurtsNobody) {
  base::Loop loop;
  std::vector<Responder> held;
  const auto server = serve(loop, [&](const ServerRequest&, Responder r) { held.push_back(std::move(r)); });
  {
    const auto fd = connect_to(server->address());
    ASSERT_EQ(::send(fd.get(), "GET / HTTP/1.1\r\nHost: h\r\n\r\n", 27, 0), 27);
    ASSERT_TRUE(run_until(loop, [&] { return held.size() == 1; }));
  }
  io_test::run_for(loop, base::milliseconds(20));
  held.front().respond({200, std::string(1 << 20, 'x')});
  io_test::run_for(loop, base::milliseconds(20));
}

TEST(HttpServer, TakesABodyUpToItsCap) {
  base::Loop loop;
  std::string got;
  io::ServerOptions options;
  options.max_body = 10;
  const auto server = serve(loop, io::answer_at_once([&](const ServerRequest& r) {
                              got = r.body;
                              return ServerResponse{};
                            }),
                            options);
  const auto post = [&](const std::string& body) {
    return status_line(talk(loop, server->address(),
                            "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " +
                                std::to_string(body.size()) + "\r\n\r\n" + body));
  };
  EXPECT_EQ(post("0123456789"), "HTTP/1.1 200 OK");
  EXPECT_EQ(got, "0123456789");
  got.clear();
  EXPECT_EQ(post("0123456789a"), "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(status_line(talk(loop, server->address(),
                             "POST / HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
                             "b\r\n0123456789a\r\n0\r\n\r\n")),
            "HTTP/1.1 413 Content Too Large");
  EXPECT_EQ(got, "");
  EXPECT_EQ(post(std::string(100'000, 'x')), "HTTP/1.1 413 Content Too Large") << "it comes in parts";
  talk(loop, server->address(), "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000000\r\n\r\nx");
  EXPECT_EQ(got, "");
}

TEST(HttpServer, GarbageNeverReachesTheHandlerNorStopsTheServer) {
  base::Loop loop;
  int handled = 0;
  io::ServerOptions options;
  options.idle_timeout = base::seconds(1);
  const auto server = serve(loop, io::answer_at_once([&](const ServerRequest&) {
                              ++handled;
                              return ServerResponse{};
                            }),
                            options);
  const std::string cases[] = {
      "\r\n\r\n\r\n",
      std::string("\0\x01\x02\xFF\xFE garbage\r\n\r\n", 17),
      "GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\nHost: h\r\n\r\n",
      "GET " + std::string(40000, '/') + " HTTP/1.1\r\nHost: h\r\n\r\n",
      "GET / HTTP/1.1\r\nX: " + std::string(40000, 'y') + "\r\n\r\n",
      "GET / HTTP/1.1\r\n : \r\n\r\n",
  };
  for (const auto& text : cases) talk(loop, server->address(), text, base::milliseconds(300));
  handled = 0;
  EXPECT_EQ(status_line(talk(loop, server->address(), "GET / HTTP/1.0\r\n\r\n")), "HTTP/1.1 200 OK");
  EXPECT_EQ(handled, 1);
}

TEST(HttpServer, DropsAClientThatStaysSilent) {
  base::Loop loop;
  io::ServerOptions options;
  options.idle_timeout = base::seconds(1);
  const auto server = serve(loop, io::answer_at_once([](const ServerRequest&) { return ServerResponse{}; }), options);
  const auto begin = base::read_boot_clock();
  EXPECT_EQ(talk(loop, server->address(), "GET / HT", base::seconds(8)).find("200"), std::string::npos);
  EXPECT_LT(base::read_boot_clock() - begin, base::seconds(6));
}

TEST(HttpServer, LimitsConnectionsAndRecovers) {
  base::Loop loop;
  io::ServerOptions options;
  options.max_connections = 2;
  options.idle_timeout = base::seconds(1);
  const auto server = serve(loop, io::answer_at_once([](const ServerRequest&) { return ServerResponse{}; }), options);
  std::vector<base::Fd> idle;
  for (int i = 0; i < 6; ++i) idle.push_back(connect_to(server->address()));
  const auto answer = talk(loop, server->address(), "GET / HTTP/1.0\r\n\r\n", base::seconds(9));
  EXPECT_EQ(status_line(answer), "HTTP/1.1 200 OK") << "the idle ones must time out and make room";
}

TEST(HttpServer, SaysWhyItCannotListen) {
  base::Loop loop;
  const auto first = serve(loop, io::answer_at_once([](const ServerRequest&) { return ServerResponse{}; }));
  const auto second = HttpServer::listen(loop, first->address(), {}, nullptr);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().message.find(first->address().to_string()), std::string::npos);
  EXPECT_NE(second.error().message.find("in use"), std::string::npos);
}

TEST(HttpServer, SeveralListenersShareALoop) {
  base::Loop loop;
  const auto a = serve(loop, io::answer_at_once([](const ServerRequest&) { return ServerResponse{200, "a"}; }));
  const auto six = HttpServer::listen(loop, {base::IpAddress::parse("::1").value(), 0}, {},
                                      io::answer_at_once([](const ServerRequest&) {
                                        return ServerResponse{200, "b"};
                                      }));
  ASSERT_TRUE(six);
  EXPECT_TRUE((*six)->address().ip.is_v6());
  EXPECT_NE((*six)->address().port, 0);
  const auto answer = talk(loop, a->address(), "GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(answer.back(), 'a');
}

}  // namespace
