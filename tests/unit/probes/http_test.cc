#include "probes/http.h"

#include <gtest/gtest.h>

#include <optional>

#include "base/io/http_server.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/raw_server.h"

namespace {

using io_test::RawServer;
using io_test::run_until;
using io_test::Then;
using probes::HttpCheck;
using probes::Observation;

class HttpProbeTest : public testing::Test {
 protected:
  Observation look(const HttpCheck& check) {
    probes::HttpProbe probe(client_, check);
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_FALSE(got) << "observed from within start()";
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(Observation{});
  }
  HttpCheck check() const {
    HttpCheck out;
    out.url = "http://127.0.0.1:" + std::to_string(server_->address().port) + "/health?x=1";
    return out;
  }

  base::Loop loop_;
  io::HttpClient client_{loop_};
  int status_ = 200;
  std::string body_ = "state=UP load=3";
  io::ServerRequest last_;
  std::unique_ptr<io::HttpServer> server_ =
      *io::HttpServer::listen(loop_, io_test::loopback(), {}, io::answer_at_once([this](const io::ServerRequest& r) {
                                last_ = r;
                                return io::ServerResponse{status_, body_};
                              }));
};

TEST_F(HttpProbeTest, SendsWhatItIsToldAndTakesAGoodStatus) {
  auto c = check();
  c.method = "POST";
  c.body = "ping";
  c.headers = {{"X-Probe", "1"}};
  const auto seen = look(c);
  EXPECT_TRUE(seen.ok()) << seen.detail;
  EXPECT_EQ(last_.method, "POST");
  EXPECT_EQ(last_.target, "/health?x=1");
  EXPECT_EQ(last_.body, "ping");
  EXPECT_EQ(*last_.header("x-probe"), "1");
}

TEST_F(HttpProbeTest, JudgesTheStatus) {
  const auto outcome = [&](int status) {
    status_ = status;
    return std::string(name(look(check()).outcome));
  };
  EXPECT_EQ(outcome(200), "ok");
  EXPECT_EQ(outcome(399), "ok");
  EXPECT_EQ(outcome(400), "mismatch");
  EXPECT_EQ(outcome(503), "mismatch");
  auto c = check();
  c.statuses = {{503, 503}};
  EXPECT_TRUE(look(c).ok());
  c.statuses = {};
  EXPECT_TRUE(look(c).ok()) << "no statuses: any answer is good";
}

TEST_F(HttpProbeTest, LooksForItsText) {
  auto c = check();
  c.receive = "state=UP";
  EXPECT_TRUE(look(c).ok());
  c.receive = "state=DOWN";
  const auto seen = look(c);
  EXPECT_EQ(name(seen.outcome), "mismatch");
  EXPECT_NE(seen.detail.find("/health"), std::string::npos);
}

TEST_F(HttpProbeTest, TheDisablingTextWins) {
  auto c = check();
  c.receive = "state=UP";
  c.receive_disable = "load=3";
  EXPECT_EQ(name(look(c).outcome), "disabled");
  c.receive_disable = "load=4";
  EXPECT_TRUE(look(c).ok());
}

TEST_F(HttpProbeTest, TellsHowItFailed) {
  auto c = check();
  c.timeout = base::milliseconds(60);
  const RawServer silent(loop_, "", Then::kStay);
  c.url = silent.url();
  EXPECT_EQ(name(look(c).outcome), "timeout");
  const RawServer closing(loop_, "", Then::kClose);
  c.url = closing.url();
  EXPECT_EQ(name(look(c).outcome), "reset");
  const RawServer foreign(loop_, "220 mail ESMTP\r\n", Then::kClose);
  c.url = foreign.url();
  EXPECT_EQ(name(look(c).outcome), "protocol");
  c.url = "http://name.example/";
  EXPECT_EQ(name(look(c).outcome), "misconfigured");
  { c.url = RawServer(loop_, "", Then::kClose).url(); }
  EXPECT_EQ(name(look(c).outcome), "refused");
}

TEST_F(HttpProbeTest, AnAnswerThatIsTooLongIsCutOffWithItsLimit) {
  body_ = std::string(200'000, 'x') + "state=UP";
  auto c = check();
  c.receive = "state=UP";
  const auto seen = look(c);
  EXPECT_EQ(name(seen.outcome), "protocol");
  EXPECT_NE(seen.detail.find("more than 65536 bytes"), std::string::npos) << seen.detail;
}

TEST_F(HttpProbeTest, AServerThatDripsIsATimeout) {
  const RawServer drip(loop_, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nx", Then::kStay);
  auto c = check();
  c.url = drip.url();
  c.timeout = base::milliseconds(100);
  const auto seen = look(c);
  EXPECT_EQ(name(seen.outcome), "timeout");
  EXPECT_NE(seen.detail.find("no whole answer"), std::string::npos) << seen.detail;
}

TEST_F(HttpProbeTest, AsksForAHostByItsNameWhereverItIsToldToConnect) {
  auto c = check();
  c.url = "http://www.example.com:8080/health";
  c.connect_to = server_->address();
  EXPECT_TRUE(look(c).ok());
  EXPECT_EQ(*last_.header("host"), "www.example.com:8080");
}

TEST_F(HttpProbeTest, UsesAFreshSocketEachTime) {
  const auto c = check();
  look(c);
  const auto first = last_.from;
  look(c);
  EXPECT_NE(last_.from, first);
}

TEST_F(HttpProbeTest, StaysSilentOnceDestroyedAndMayBeDestroyedInItsCallback) {
  int calls = 0;
  {
    probes::HttpProbe doomed(client_, check());
    doomed.start([&](const Observation&) { ++calls; });
  }
  auto probe = std::make_unique<probes::HttpProbe>(client_, check());
  probe->start([&](const Observation&) { probe.reset(); });
  EXPECT_TRUE(run_until(loop_, [&] { return probe == nullptr; }));
  EXPECT_EQ(calls, 0);
}

TEST_F(HttpProbeTest, MayStartAgainFromItsCallback) {
  probes::HttpProbe probe(client_, check());
  int rounds = 0;
  std::function<void(const Observation&)> again = [&](const Observation& seen) {
    EXPECT_TRUE(seen.ok());
    if (++rounds < 5) probe.start(again);
  };
  probe.start(again);
  EXPECT_TRUE(run_until(loop_, [&] { return rounds == 5; }));
}

}  // namespace
