#include "probes/tcp.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <optional>

#include "base/fd.h"
#include "base/io/socket.h"
#include "tests/unit/base_io/loop_util.h"
#include "tests/unit/base_io/raw_server.h"

namespace {

using io_test::loopback;
using io_test::run_until;
using io_test::Then;
using probes::Observation;
using probes::Outcome;
using probes::TcpProbe;

struct Listener {
  base::Fd fd = *io::bind_socket(loopback(), SOCK_STREAM);
  base::SocketAddress address = *io::bound_address(fd.get());
};

// A listener whose backlog is full: a connect to it is never answered, as at a host that is gone.
struct DeafListener {
  DeafListener() {
    ::listen(fd.fd.get(), 0);
    for (auto& filler : fillers) {
      filler.reset(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
      sockaddr_storage where{};
      const auto length = fd.address.to_sockaddr(where);
      ::connect(filler.get(), reinterpret_cast<sockaddr*>(&where), length);
    }
  }
  Listener fd;
  std::array<base::Fd, 4> fillers;
};

Observation look(base::Loop& loop, TcpProbe& probe) {
  std::optional<Observation> got;
  probe.start([&](const Observation& seen) { got = seen; });
  EXPECT_FALSE(got) << "observed from within start()";
  EXPECT_TRUE(run_until(loop, [&] { return got.has_value(); }));
  return got.value_or(Observation{});
}

TEST(TcpProbe, IsOkWhenTheHandshakeCompletes) {
  base::Loop loop;
  const Listener listener;
  TcpProbe probe(loop, listener.address, base::seconds(1));
  const auto seen = look(loop, probe);
  EXPECT_TRUE(seen.ok()) << seen.detail;
  EXPECT_EQ(seen.detail, "");
  EXPECT_GE(seen.latency, base::Duration::zero());
  EXPECT_LT(seen.latency, base::seconds(1));
  EXPECT_TRUE(look(loop, probe).ok()) << "a probe may be used again";
}

TEST(TcpProbe, TellsARefusal) {
  base::Loop loop;
  base::SocketAddress gone;
  { gone = Listener().address; }
  TcpProbe probe(loop, gone, base::seconds(1));
  const auto seen = look(loop, probe);
  EXPECT_EQ(name(seen.outcome), "refused");
  EXPECT_NE(seen.detail.find(gone.to_string()), std::string::npos);
}

TEST(TcpProbe, TimesOutWhenNobodyAnswers) {
  base::Loop loop;
  const DeafListener deaf;
  TcpProbe probe(loop, deaf.fd.address, base::milliseconds(60));
  const auto seen = look(loop, probe);
  EXPECT_EQ(name(seen.outcome), "timeout");
  EXPECT_GE(seen.latency, base::milliseconds(59));
  EXPECT_LT(seen.latency, base::seconds(5));
}

TEST(TcpProbe, TellsAnUnreachableNetwork) {
  base::Loop loop;
  TcpProbe probe(loop, {base::IpAddress::parse("255.255.255.255").value(), 9}, base::seconds(1));
  EXPECT_EQ(name(look(loop, probe).outcome), "unreachable");
}

TEST(TcpProbe, SpeaksIpv6) {
  base::Loop loop;
  const auto fd = *io::bind_socket({base::IpAddress::parse("::1").value(), 0}, SOCK_STREAM);
  TcpProbe probe(loop, *io::bound_address(fd.get()), base::seconds(1));
  EXPECT_TRUE(look(loop, probe).ok());
}

Observation talk(base::Loop& loop, const io_test::RawServer& server, const std::string& send,
                 const std::string& receive, std::size_t most = 65536) {
  TcpProbe probe(loop, probes::TcpCheck{server.address(), base::seconds(5), send, receive, most});
  return look(loop, probe);
}

TEST(TcpProbe, SendsItsTextAndTakesTheAnswerThatHoldsTheOther) {
  base::Loop loop;
  const io_test::RawServer pong(loop, "+PONG\r\n", Then::kStay);
  EXPECT_TRUE(talk(loop, pong, "PING\r\n", "+PONG").ok());
  EXPECT_TRUE(talk(loop, pong, "PING\r\n", "").ok()) << "nothing to receive: sent is enough";
}

TEST(TcpProbe, AnAnswerWithoutTheTextIsAMismatch) {
  base::Loop loop;
  const io_test::RawServer other(loop, "-LOADING\r\n", Then::kClose);
  const auto seen = talk(loop, other, "PING\r\n", "+PONG");
  EXPECT_EQ(name(seen.outcome), "mismatch");
  EXPECT_NE(seen.detail.find("lacks the text"), std::string::npos) << seen.detail;
}

TEST(TcpProbe, AServerThatClosesWithoutAWordIsTold) {
  base::Loop loop;
  const io_test::RawServer closing(loop, "", Then::kClose);
  const auto seen = talk(loop, closing, "PING\r\n", "+PONG");
  EXPECT_EQ(name(seen.outcome), "reset");
}

TEST(TcpProbe, ASilentServerAndOneThatSaysHalfAreToldApart) {
  base::Loop loop;
  const io_test::RawServer silent(loop, "", Then::kStay);
  TcpProbe waits(loop, probes::TcpCheck{silent.address(), base::milliseconds(60), "PING\r\n", "+PONG"});
  const auto nothing = look(loop, waits);
  EXPECT_EQ(name(nothing.outcome), "timeout");
  EXPECT_NE(nothing.detail.find("connects, but sent nothing"), std::string::npos) << nothing.detail;
  const io_test::RawServer half(loop, "+PO", Then::kStay);
  TcpProbe waits_more(loop, probes::TcpCheck{half.address(), base::milliseconds(200), "PING\r\n", "+PONG"});
  EXPECT_NE(look(loop, waits_more).detail.find("did not come"), std::string::npos);
}

TEST(TcpProbe, AFloodIsCutOff) {
  base::Loop loop;
  const io_test::RawServer flood(loop, std::string(200'000, 'x'), Then::kStay);
  const auto seen = talk(loop, flood, "PING\r\n", "+PONG", 8192);
  EXPECT_EQ(name(seen.outcome), "mismatch");
  EXPECT_NE(seen.detail.find("not among its first"), std::string::npos) << seen.detail;
}

TEST(TcpProbe, ATextThatComesInTwoPiecesIsFound) {
  base::Loop loop;
  const io_test::RawServer long_answer(loop, std::string(4094, 'x') + "+PONG", Then::kStay);
  EXPECT_TRUE(talk(loop, long_answer, "PING\r\n", "+PONG").ok());
}

TEST(TcpProbe, StaysSilentOnceCancelledOrDestroyed) {
  base::Loop loop;
  const Listener listener;
  int calls = 0;
  {
    TcpProbe doomed(loop, listener.address, base::milliseconds(20));
    doomed.start([&](const Observation&) { ++calls; });
  }
  TcpProbe probe(loop, listener.address, base::milliseconds(20));
  probe.start([&](const Observation&) { ++calls; });
  probe.cancel();
  io_test::run_for(loop, base::milliseconds(60));
  EXPECT_EQ(calls, 0);
}

TEST(TcpProbe, ACallbackMayDestroyItsProbe) {
  base::Loop loop;
  const Listener listener;
  auto probe = std::make_unique<TcpProbe>(loop, listener.address, base::seconds(1));
  probe->start([&](const Observation&) { probe.reset(); });
  EXPECT_TRUE(run_until(loop, [&] { return probe == nullptr; }));
}

TEST(TcpProbe, ASecondStartReplacesTheFirst) {
  base::Loop loop;
  const Listener listener;
  TcpProbe probe(loop, listener.address, base::seconds(1));
  int first = 0;
  int second = 0;
  probe.start([&](const Observation&) { ++first; });
  probe.start([&](const Observation&) { ++second; });
  EXPECT_TRUE(run_until(loop, [&] { return second == 1; }));
  io_test::run_for(loop, base::milliseconds(20));
  EXPECT_EQ(first, 0);
  EXPECT_EQ(second, 1);
}

}  // namespace
