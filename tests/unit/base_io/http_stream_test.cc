// Answers in pieces: that they come as they are sent, end well, and that clients who are slow or gone cost no more than
// their buffer.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/io/http_server.h"
#include "base/io/server_events.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/stream_client.h"

namespace {

using io::HttpServer;
using io::Responder;
using io::ResponseStream;
using io::ServerRequest;
using io_test::loopback;
using io_test::run_until;

using Client = io_test::StreamClient;

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
    return f.server->counters().streams.slow > 0;
  })) << sent;
  EXPECT_EQ(f.server->counters().streams.slow, 1U);
  EXPECT_EQ(f.server->counters().streams.dropped, 1U);
  EXPECT_GT(f.server->counters().streams.pieces, sent / piece.size()) << "the other stream goes on";
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
  EXPECT_EQ(f.server->counters().streams.slow, 0U);
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
  EXPECT_EQ(f.server->counters().streams.refused, 1U);
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
