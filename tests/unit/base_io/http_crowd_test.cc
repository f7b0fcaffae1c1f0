// Clients that are slow on purpose: each is cut off in its time, counted, and keeps nobody else waiting.
#include "base/io/http_crowd.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "base/io/http_metrics.h"
#include "tests/support/metrics_check.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/stream_client.h"

namespace {

using io_test::loopback;
using io_test::run_until;
using testing::HasSubstr;

using Client = io_test::StreamClient;

struct Fixture {
  base::Loop loop;
  std::vector<io::Responder> held;
  std::unique_ptr<io::HttpServer> server;

  explicit Fixture(io::ServerOptions options = {}) {
    auto made = io::HttpServer::listen(loop, loopback(), std::move(options),
                                       [this](const io::ServerRequest& request, io::Responder responder) {
                                         if (request.path == "/held") return held.push_back(std::move(responder));
                                         const bool large = request.path == "/large";
                                         responder.respond({200, std::string(large ? 32 << 20 : 2, 'x')});
                                       });
    EXPECT_TRUE(made);
    server = std::move(*made);
  }
  bool until(const std::function<bool()>& done) { return run_until(loop, done); }
  [[nodiscard]] const io::FailedConnections& failed() const { return server->counters().failed; }
};

io::ServerOptions impatient() {
  io::ServerOptions options;
  options.slowest_request = options.slowest_answer = base::milliseconds(200);
  return options;
}

// It makes progress all the time, so that the idle timeout never comes.
TEST(HttpCrowd, CutsOffAClientThatDripsItsRequest) {
  Fixture f(impatient());
  Client slow(f.loop, f.server->address(), "GET / HTTP/1.1\r\n");
  slow.listen();
  base::Timer drip(f.loop, [&] { slow.send("X: y\r\n"); });
  drip.start(base::milliseconds(10), base::milliseconds(10));
  ASSERT_TRUE(f.until([&] { return slow.closed(); }));
  EXPECT_EQ(f.failed().slow, 1U);
  EXPECT_EQ(f.failed().no_request, 0U) << "counted once";
  ASSERT_TRUE(f.until([&] { return f.server->connections() == 0; }));
}

TEST(HttpCrowd, CutsOffAClientThatDoesNotTakeItsAnswer) {
  Fixture f(impatient());
  Client slow(f.loop, f.server->address(), "GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  ASSERT_TRUE(f.until([&] { return f.failed().slow == 1; }));
  ASSERT_TRUE(f.until([&] { return f.server->connections() == 0; }));
}

TEST(HttpCrowd, AHeldAnswerAndAKeptConnectionAreNotSlow) {
  auto options = impatient();
  options.slowest_request = base::seconds(20);
  Fixture f(options);
  Client client(f.loop, f.server->address(), "GET /held HTTP/1.1\r\nHost: h\r\n\r\n");
  Client slow(f.loop, f.server->address(), "GET /large HTTP/1.1\r\nHost: h\r\n\r\n");
  client.listen();
  ASSERT_TRUE(f.until([&] { return f.failed().slow == 1; })) << "the time of a slow answer is over";
  ASSERT_EQ(f.held.size(), 1U);
  f.held[0].respond({200, "late"});
  ASSERT_TRUE(f.until([&] { return client.got("late"); }));
  client.send(io_test::kGet);
  ASSERT_TRUE(f.until([&] { return client.got("xx"); }));
  EXPECT_FALSE(client.closed());
}

TEST(HttpCrowd, WhoAsksIsServedWhileSilentClientsWantEveryPlace) {
  io::ServerOptions options;
  options.max_connections = 16;
  Fixture f(options);
  std::vector<std::unique_ptr<Client>> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(std::make_unique<Client>(f.loop, f.server->address(), "GET / HT"));
    silent.back()->listen();
  }
  Client good(f.loop, f.server->address());
  good.listen();
  ASSERT_TRUE(f.until([&] { return good.got("200 OK"); }));
  EXPECT_GE(f.failed().crowded_out, 20U);
  ASSERT_TRUE(f.until([&] { return silent.front()->closed(); })) << "who has waited the longest goes first";
  EXPECT_EQ(f.failed().no_request, 0U);
}

TEST(HttpCrowd, CountsWhatCameToNothing) {
  Fixture f;
  {
    Client garbage(f.loop, f.server->address(), "no such thing as this\r\n\r\n");
    garbage.listen();
    ASSERT_TRUE(f.until([&] { return garbage.closed(); }));
  }
  ASSERT_TRUE(f.until([&] { return f.failed().no_request == 1; }));
  Client good(f.loop, f.server->address());
  good.listen();
  ASSERT_TRUE(f.until([&] { return good.got("200 OK"); }));
  EXPECT_EQ(f.server->counters().connections, 2U);
  EXPECT_EQ(f.server->counters().responses.at(200), 1U);
}

TEST(HttpMetrics, TellsOfEachPortWhatBefellItsClients) {
  Fixture f;
  Client good(f.loop, f.server->address());
  good.listen();
  ASSERT_TRUE(f.until([&] { return good.got("200 OK"); }));
  const auto text = io::http_metrics("wideip_test", {{"stats", f.server.get()}, {"ecv", nullptr}});
  EXPECT_EQ(support::metrics_faults(text), "");
  EXPECT_THAT(text, HasSubstr("wideip_test_http_responses_total{port=\"stats\",code=\"200\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("wideip_test_http_responses_total{port=\"stats\",code=\"429\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("wideip_test_http_connections_failed_total{port=\"stats\",reason=\"slow\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("wideip_test_event_stream_clients{port=\"stats\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("wideip_test_event_stream_events_total{port=\"stats\",result=\"dropped\"} 0\n"));
  EXPECT_EQ(text.find("port=\"ecv\""), text.npos);
}

}  // namespace
