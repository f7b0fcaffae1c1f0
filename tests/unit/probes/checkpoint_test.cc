#include "probes/checkpoint.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>

#include "base/fd.h"
#include "base/io/socket.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/raw_server.h"

namespace {

using io_test::loopback;
using io_test::RawServer;
using io_test::run_until;
using io_test::Then;
using probes::CheckpointRunner;
using probes::Round;

conf::Checkpoint tcp(const std::string& id, const base::SocketAddress& to) {
  conf::Checkpoint out;
  out.id = id;
  out.kind = conf::CheckpointKind::kTcp;
  out.address = to;
  return out;
}

conf::Checkpoint http(const std::string& id, const std::string& url) {
  conf::Checkpoint out;
  out.id = id;
  out.kind = conf::CheckpointKind::kHttp;
  out.url = url;
  return out;
}

struct Listener {
  base::Fd fd = *io::bind_socket(loopback(), SOCK_STREAM);
  base::SocketAddress address = *io::bound_address(fd.get());
  // Connections that wait to be accepted.
  [[nodiscard]] int accept_all() const {
    int n = 0;
    while (base::Fd(::accept4(fd.get(), nullptr, nullptr, 0))) ++n;
    return n;
  }
};

class CheckpointTest : public testing::Test {
 protected:
  Round round(std::vector<conf::Checkpoint> checkpoints, base::Duration timeout = base::milliseconds(200)) {
    CheckpointRunner runner(loop_, client_, std::move(checkpoints), timeout);
    std::optional<Round> got;
    runner.begin([&](const Round& r) { got = r; });
    EXPECT_TRUE(runner.busy());
    EXPECT_FALSE(got) << "ended from within begin()";
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    EXPECT_FALSE(runner.busy());
    return got.value_or(Round{});
  }

  base::Loop loop_;
  io::HttpClient client_{loop_};
};

TEST_F(CheckpointTest, TellsEachCheckpointInItsPlace) {
  const Listener up;
  base::SocketAddress gone;
  { gone = Listener().address; }
  const RawServer web(loop_, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", Then::kClose);
  const RawServer gateway(loop_, "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n", Then::kClose);
  const auto before = base::read_boot_clock();
  const auto r = round({tcp("up", up.address), tcp("gone", gone), http("web", web.url()), http("gw", gateway.url())});
  ASSERT_EQ(r.results.size(), 4U);
  EXPECT_GE(r.begun_at, before);
  EXPECT_GE(r.ended_at, r.begun_at);
  EXPECT_EQ(r.results[0].id, "up");
  EXPECT_TRUE(r.results[0].ok);
  EXPECT_EQ(r.results[0].detail, "");
  EXPECT_EQ(r.results[1].id, "gone");
  EXPECT_FALSE(r.results[1].ok);
  EXPECT_NE(r.results[1].detail.find("refused"), std::string::npos) << r.results[1].detail;
  EXPECT_TRUE(r.results[2].ok) << "an answer, whatever it says, shows that it was reached";
  EXPECT_FALSE(r.results[3].ok) << "a gateway that answers in its stead does not";
}

TEST_F(CheckpointTest, MysqlDnsAndIcmpStandBesideTheOthers) {
  // None of the three is there: each kind tells so in its own words.
  base::SocketAddress gone;
  { gone = Listener().address; }
  auto mysql = tcp("mysql", gone);
  mysql.kind = conf::CheckpointKind::kMysql;
  auto dns = tcp("dns", gone);
  dns.kind = conf::CheckpointKind::kDns;
  dns.dns_name = "example.com";
  auto icmp = tcp("icmp", loopback());
  icmp.kind = conf::CheckpointKind::kIcmp;
  const auto r = round({mysql, dns, icmp}, base::seconds(2));
  EXPECT_FALSE(r.results[0].ok);
  EXPECT_NE(r.results[0].detail.find("connect"), std::string::npos) << r.results[0].detail;
  EXPECT_FALSE(r.results[1].ok);
  EXPECT_NE(r.results[1].detail.find("refused"), std::string::npos) << r.results[1].detail;
  EXPECT_TRUE(r.results[2].ok || r.results[2].detail.find("ping_group_range") != std::string::npos)
      << r.results[2].detail;
}

TEST_F(CheckpointTest, EndsWithinTheTimeoutWhenNobodyAnswers) {
  const RawServer a(loop_, "", Then::kStay);
  const RawServer b(loop_, "", Then::kStay);
  const auto r = round({http("a", a.url()), http("b", b.url())}, base::seconds(1));
  EXPECT_FALSE(r.results[0].ok);
  EXPECT_FALSE(r.results[1].ok);
  EXPECT_GE(r.ended_at - r.begun_at, base::milliseconds(999));
  EXPECT_LT(r.ended_at - r.begun_at, base::seconds(2)) << "in parallel, both tries within one timeout";
}

TEST_F(CheckpointTest, TriesTwiceOnFreshSocketsAfterAFailure) {
  const RawServer closing(loop_, "", Then::kClose);
  const auto r = round({http("x", closing.url())});
  EXPECT_FALSE(r.results[0].ok);
  EXPECT_EQ(closing.accepted(), 2);
}

TEST_F(CheckpointTest, ASilentFirstTryIsHelpedByASecondAtHalfTheTimeout) {
  const RawServer silent(loop_, "", Then::kStay);
  const auto r = round({http("x", silent.url())}, base::milliseconds(100));
  EXPECT_EQ(silent.accepted(), 2);
  EXPECT_FALSE(r.results[0].ok);
}

TEST_F(CheckpointTest, OneGoodTryIsEnough) {
  // The listener comes up between the two tries.
  const Listener reserved;
  const auto at = reserved.address;
  base::Fd later;
  CheckpointRunner runner(loop_, client_, {tcp("x", at)}, base::milliseconds(800));
  // A full backlog drops the first try's SYN; at a quarter of the timeout there is room again.
  ::listen(reserved.fd.get(), 0);
  std::array<base::Fd, 3> fillers;
  for (auto& filler : fillers) {
    filler.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
    sockaddr_storage where{};
    const auto length = at.to_sockaddr(where);
    ::connect(filler.get(), reinterpret_cast<sockaddr*>(&where), length);
  }
  base::Timer room(loop_, [&] {
    ::listen(reserved.fd.get(), 16);
    (void)reserved.accept_all();
  });
  room.start(base::milliseconds(200));
  std::optional<Round> got;
  runner.begin([&](const Round& r) { got = r; });
  ASSERT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
  EXPECT_TRUE(got->results[0].ok) << got->results[0].detail;
  EXPECT_GE(got->ended_at - got->begun_at, base::milliseconds(399)) << "the first try was lost, the second reached it";
  EXPECT_LT(got->results[0].latency, base::milliseconds(390));
}

TEST_F(CheckpointTest, AGoodRoundEndsAtOnceAndTriesOnce) {
  const Listener up;
  const auto r = round({tcp("up", up.address)}, base::seconds(5));
  EXPECT_LT(r.ended_at - r.begun_at, base::seconds(1));
  EXPECT_EQ(up.accept_all(), 1);
}

TEST_F(CheckpointTest, WithoutCheckpointsARoundIsEmpty) { EXPECT_TRUE(round({}).results.empty()); }

TEST_F(CheckpointTest, RoundsFollowEachOtherFromTheCallback) {
  const Listener up;
  CheckpointRunner runner(loop_, client_, {tcp("up", up.address)}, base::milliseconds(200));
  int rounds = 0;
  std::function<void(const Round&)> again = [&](const Round& r) {
    EXPECT_TRUE(r.results.at(0).ok);
    if (++rounds < 5) runner.begin(again);
  };
  runner.begin(again);
  EXPECT_TRUE(run_until(loop_, [&] { return rounds == 5; }));
}

TEST_F(CheckpointTest, ADestroyedRunnerStaysSilentAndMayBeDestroyedInItsCallback) {
  const Listener up;
  const RawServer silent(loop_, "", Then::kStay);
  int calls = 0;
  {
    CheckpointRunner doomed(loop_, client_, {http("x", silent.url())}, base::milliseconds(30));
    doomed.begin([&](const Round&) { ++calls; });
    io_test::run_for(loop_, base::milliseconds(20));
  }
  auto runner =
      std::make_unique<CheckpointRunner>(loop_, client_, std::vector{tcp("up", up.address)}, base::seconds(1));
  runner->begin([&](const Round&) { runner.reset(); });
  EXPECT_TRUE(run_until(loop_, [&] { return runner == nullptr; }));
  io_test::run_for(loop_, base::milliseconds(50));
  EXPECT_EQ(calls, 0);
}

}  // namespace
