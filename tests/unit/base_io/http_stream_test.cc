// Answers in pieces: that they come as they are sent, end well, and that clients who are slow or gone cost no more than
// their buffer.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <optional>

#include "base/fd.h"
#include "base/io/http_server.h"
#include "base/io/server_events.h"
#include "tests/unit/base_io/loop_util.h"

namespace {

using io::HttpServer;
using io::Responder;
using io::ResponseStream;
using io::ServerRequest;
using io_test::loopback;
using io_test::run_until;

constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// A client that reads when it is told to.
class Client {
 public:
  Client(base::Loop& loop, const base::SocketAddress& to, std::string_view request = kGet)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)), poll_(loop, fd_.get(), [this](int, int) { read(); }) {
    sockaddr_storage where{};
    const auto length = to.to_sockaddr(where);
    const int small = 4096;  // so that what it does not read does not lie in the kernel
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    // The connect of a non-blocking socket to a loopback listener is over at once, or as good as.
    (void)!::connect(fd_.get(), reinterpret_cast<sockaddr*>(&where), length);
    bool sent = false;
    run_until(loop, [&] {
      if (!sent) sent = ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0;
      return sent;
    });
  }
  void listen() { poll_.start(base::Poll::kReadable); }
  void vanish() {
    poll_.stop();
    const linger now{1, 0};  // a reset, as of a machine that was switched off and on
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }
  [[nodiscard]] bool got(std::string_view text) const { return text_.find(text) != std::string::npos; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void read() {
    std::array<char, 65536> part{};
    const auto n = ::recv(fd_.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (n > 0) text_.append(part.data(), static_cast<std::size_t>(n));
    closed_ = n == 0 || (n < 0 && errno != EAGAIN);
    if (closed_) poll_.stop();
  }
  base::Fd fd_;
  base::Poll poll_;
  std::string text_;
  bool closed_ = false;
};

struct Fixture {
  base::Loop loop;
  std::vector<ResponseStream> streams;
  std::unique_ptr<HttpServer> server;

  explicit Fixture(const io::ServerOptions& options = {}) {
    auto made = HttpServer::listen(loop, loopback(), options, [this](const ServerRequest&, Responder responder) {
      streams.push_back(io::open_events(std::move(responder), io::event_text("hello", "{}")));
    });
    EXPECT_TRUE(made);
    server = std::move(*made);
  }
  bool until(const std::function<bool()>& done) { return run_until(loop, done); }
  bool until_streams(std::size_t count) {
    return until([&] { return streams.size() == count; });
  }
};

TEST(HttpStream, SendsEachPieceAsItComes) {
  Fixture f;
  Client client(f.loop, f.server->address());
  client.listen();
  ASSERT_TRUE(f.until([&] { return client.got("event: hello\ndata: {}\n\n"); }));
  EXPECT_TRUE(client.got("HTTP/1.1 200 OK"));
  EXPECT_TRUE(client.got("Content-Type: text/event-stream\r\n"));
  EXPECT_TRUE(client.got("Cache-Control: no-store\r\n"));
  EXPECT_TRUE(f.streams[0].send("first"));
  ASSERT_TRUE(f.until([&] { return client.got("first"); }));
  EXPECT_TRUE(f.streams[0].send("second"));
  ASSERT_TRUE(f.until([&] { return client.got("second"); }));
  EXPECT_EQ(f.server->streams(), 1U);
  EXPECT_FALSE(client.closed());
}

TEST(HttpStream, EndsWellWhenItsOwnerLetsGo) {
  Fixture f;
  Client client(f.loop, f.server->address());
  client.listen();
  ASSERT_TRUE(f.until_streams(1));
  EXPECT_TRUE(f.streams[0].send("last words"));
  f.streams.clear();
  ASSERT_TRUE(f.until([&] { return client.got("last words\r\n0\r\n\r\n"); })) << client.text();
  ASSERT_TRUE(f.until([&] { return f.server->streams() == 0; }));
}

TEST(HttpStream, CutsOffAClientThatDoesNotRead) {
  io::ServerOptions options;
  options.max_stream_bytes = 64 << 10;
  Fixture f(options);
  Client slow(f.loop, f.server->address());
  Client good(f.loop, f.server->address());
  good.listen();
  ASSERT_TRUE(f.until_streams(2));
  const std::string piece(8 << 10, 'x');
  std::size_t sent = 0;
  // The kernel's buffers take some megabytes before ours fills.
  ASSERT_TRUE(f.until([&] {
    for (auto& stream : f.streams) (void)stream.send(piece);
    sent += piece.size();
    return f.server->stream_counters().slow > 0;
  })) << sent;
  EXPECT_EQ(f.server->stream_counters().slow, 1U);
  ASSERT_TRUE(f.until([&] { return f.server->streams() == 1; })) << "its connection is given back";
  const auto open = std::count_if(f.streams.begin(), f.streams.end(), [](const auto& s) { return s.open(); });
  EXPECT_EQ(open, 1);
  for (auto& stream : f.streams) (void)stream.send("still here");
  EXPECT_TRUE(f.until([&] { return good.got("still here"); }));
}

TEST(HttpStream, AClientThatVanishedIsFoundByAHeartbeat) {
  Fixture f;
  {
    Client client(f.loop, f.server->address());
    client.listen();
    ASSERT_TRUE(f.until([&] { return client.got("hello"); }));
    client.vanish();
  }
  ASSERT_TRUE(f.until([&] { return !f.streams[0].send(io::kHeartbeat); }));
  EXPECT_EQ(f.server->streams(), 0U);
  EXPECT_EQ(f.server->stream_counters().slow, 0U);
}

TEST(HttpStream, RefusesMoreStreamsThanItMayCarryAndTakesOneAgainAfterwards) {
  io::ServerOptions options;
  options.max_streams = 1;
  Fixture f(options);
  Client first(f.loop, f.server->address());
  ASSERT_TRUE(f.until_streams(1));
  Client second(f.loop, f.server->address());
  second.listen();
  ASSERT_TRUE(f.until([&] { return second.got("503 Service Unavailable"); }));
  EXPECT_TRUE(second.got("Retry-After"));
  EXPECT_FALSE(f.streams[1].open());
  EXPECT_FALSE(f.streams[1].send("no"));
  EXPECT_EQ(f.server->stream_counters().refused, 1U);
  f.streams.clear();
  first.listen();
  ASSERT_TRUE(f.until([&] { return f.server->streams() == 0; }));
  Client third(f.loop, f.server->address());
  third.listen();
  EXPECT_TRUE(f.until([&] { return third.got("hello"); }));
}

TEST(HttpStream, IsCutOffByAPause) {
  Fixture f;
  Client client(f.loop, f.server->address());
  client.listen();
  ASSERT_TRUE(f.until([&] { return client.got("hello"); }));
  f.server->pause();
  EXPECT_TRUE(f.until([&] { return client.closed(); }));
  EXPECT_FALSE(f.streams[0].send("no"));
  f.server->resume();
  EXPECT_TRUE(f.until([&] { return f.server->streams() == 0; }));
}

TEST(HttpStream, OutlivesItsServerAndDoesNothing) {
  Fixture f;
  Client reading(f.loop, f.server->address());
  Client silent(f.loop, f.server->address());
  reading.listen();
  ASSERT_TRUE(f.until_streams(2));
  ASSERT_TRUE(f.until([&] { return reading.got("hello"); }));
  (void)f.streams[0].send("under way");
  f.server.reset();
  EXPECT_TRUE(f.until([&] { return reading.closed(); }));
  for (auto& stream : f.streams) {
    EXPECT_FALSE(stream.open());
    EXPECT_FALSE(stream.send("no"));
  }
}

TEST(HttpStream, OutlivesTheIdleTimeout) {
  io::ServerOptions options;
  options.idle_timeout = base::seconds(1);
  Fixture f(options);
  Client client(f.loop, f.server->address());
  client.listen();
  ASSERT_TRUE(f.until_streams(1));
  base::Timer later(f.loop, [&] { (void)f.streams[0].send("late"); });
  later.start(base::milliseconds(1600));
  EXPECT_TRUE(f.until([&] { return client.got("late"); }));
}

TEST(HttpStream, GivesHeadNoBody) {
  Fixture f;
  Client client(f.loop, f.server->address(), "HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  client.listen();
  ASSERT_TRUE(f.until([&] { return client.closed(); }));
  EXPECT_TRUE(client.got("text/event-stream"));
  EXPECT_FALSE(client.got("hello"));
  EXPECT_EQ(f.server->streams(), 0U);
}

TEST(ServerEvents, PutsEachLineOfItsDataOnALineOfItsOwn) {
  EXPECT_EQ(io::event_text("a", "one"), "event: a\ndata: one\n\n");
  EXPECT_EQ(io::event_text("a", ""), "event: a\ndata: \n\n");
  EXPECT_EQ(io::event_text("a", "one\ntwo\r\nthree\rfour\n"),
            "event: a\ndata: one\ndata: two\ndata: three\ndata: four\ndata: \n\n");
}

}  // namespace
