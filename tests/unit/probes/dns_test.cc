// The DNS look against servers that behave, and against such as no proper server is.
#include "probes/dns.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <functional>
#include <optional>
#include <set>

#include "base/fd.h"
#include "base/io/socket.h"
#include "probes/dns_message.h"
#include "tests/unit/base_io/loop_util.h"

namespace probes {
namespace {

using io_test::loopback;
using io_test::run_until;

using Messages = std::vector<base::Bytes>;
using Reply = std::function<Messages(base::Bytes)>;

base::Bytes with_flags(base::Bytes question, std::uint16_t flags) {
  question[2] = static_cast<std::uint8_t>(flags >> 8U);
  question[3] = static_cast<std::uint8_t>(flags);
  return question;
}
Reply flags(std::uint16_t value) {
  return [value](base::Bytes q) { return Messages{with_flags(std::move(q), value)}; };
}
constexpr std::uint16_t kQr = wire::kFlagQr;

// Answers by UDP, and by TCP on the same port, what its functions make of a question.
class FakeDns {
 public:
  FakeDns(base::Loop& loop, Reply by_udp, Reply by_tcp = {}, const base::SocketAddress& at = loopback())
      : loop_(loop), by_udp_(std::move(by_udp)), by_tcp_(std::move(by_tcp)) {
    listener_ = *io::bind_socket(at, SOCK_STREAM);
    auto where = at;
    where.port = address().port;
    udp_ = *io::bind_socket(where, SOCK_DGRAM);
    poll_udp_ = std::make_unique<base::Poll>(loop, udp_.get(), [this](int, int) { answer_datagram(); });
    poll_udp_->start(base::Poll::kReadable);
    if (!by_tcp_) return;
    poll_listener_ = std::make_unique<base::Poll>(loop, listener_.get(), [this](int, int) { accept(); });
    poll_listener_->start(base::Poll::kReadable);
  }
  [[nodiscard]] base::SocketAddress address() const { return *io::bound_address(listener_.get()); }
  [[nodiscard]] int datagrams() const { return datagrams_; }
  [[nodiscard]] int streams() const { return streams_; }
  base::Bytes last_question;

 private:
  void answer_datagram() {
    base::Bytes in(4096);
    sockaddr_storage from{};
    socklen_t length = sizeof from;
    const auto size = ::recvfrom(udp_.get(), in.data(), in.size(), 0, reinterpret_cast<sockaddr*>(&from), &length);
    if (size <= 0) return;
    ++datagrams_;
    in.resize(static_cast<std::size_t>(size));
    last_question = in;
    for (const auto& out : by_udp_(in)) {
      ::sendto(udp_.get(), out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
    }
  }
  void accept() {
    client_.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_NONBLOCK));
    if (!client_) return;
    ++streams_;
    poll_client_ = std::make_unique<base::Poll>(loop_, client_.get(), [this](int, int) { answer_stream(); });
    poll_client_->start(base::Poll::kReadable);
  }
  void answer_stream() {
    base::Bytes in(4096);
    const auto size = ::recv(client_.get(), in.data(), in.size(), 0);
    if (size > 2) {
      for (const auto& out : by_tcp_({in.begin() + 2, in.begin() + size})) {
        (void)!::send(client_.get(), out.data(), out.size(), MSG_NOSIGNAL);
      }
    }
    poll_client_.reset();
    client_.reset();
  }

  base::Loop& loop_;
  Reply by_udp_, by_tcp_;
  base::Fd listener_, udp_, client_;
  std::unique_ptr<base::Poll> poll_udp_, poll_listener_, poll_client_;
  int datagrams_ = 0;
  int streams_ = 0;
};

// A message as TCP carries it.
base::Bytes framed(const base::Bytes& message) {
  base::ByteWriter w;
  w.bytes16(message);
  return w.take();
}

class DnsTest : public testing::Test {
 protected:
  Observation look(const base::SocketAddress& at, base::Duration timeout = base::seconds(5)) {
    DnsProbe probe(loop_, DnsCheck{at, "www.example.com", wire::kTypeA, timeout});
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_FALSE(got) << "ended from within start()";
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(Observation{});
  }

  base::Loop loop_;
};

TEST_F(DnsTest, AnyAnswerButServfailAndRefusedIsGood) {
  for (const std::uint16_t rcode : {wire::kNoError, wire::kFormErr, wire::kNxDomain, wire::kNotImp, wire::kNotAuth}) {
    const FakeDns server(loop_, flags(static_cast<std::uint16_t>(kQr | rcode)));
    EXPECT_TRUE(look(server.address()).ok()) << rcode;
  }
  for (const std::uint16_t rcode : {wire::kServFail, wire::kRefused}) {
    const FakeDns server(loop_, flags(static_cast<std::uint16_t>(kQr | rcode)));
    const auto seen = look(server.address());
    EXPECT_EQ(seen.outcome, Outcome::kMismatch);
    EXPECT_NE(seen.detail.find(wire::rcode_name(rcode)), std::string::npos) << seen.detail;
  }
}

// The question, answered with a record of each: CNAME to x.www…, A 192.0.2.7.
base::Bytes answered(base::Bytes q) {
  q = with_flags(std::move(q), kQr);
  q[7] = 2;                                                                              // ANCOUNT
  const base::Bytes records{0xC0, 12, 0, 5, 0, 1, 0, 0, 0, 9, 0, 4, 1,   'x', 0xC0, 12,  // x.www.example.com
                            0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 9, 0, 4, 192, 0,   2,    7};
  q.insert(q.end(), records.begin(), records.end());
  return q;
}

TEST_F(DnsTest, TheExpectedRecordMustBeAmongThoseOfTheAnswer) {
  const FakeDns server(loop_, [](base::Bytes q) { return Messages{answered(std::move(q))}; });
  const auto expects = [&](std::vector<std::string> wanted) {
    DnsCheck check{server.address(), "www.example.com", wire::kTypeA, base::seconds(5)};
    check.expect = std::move(wanted);
    DnsProbe probe(loop_, check);
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    return got.value_or(Observation{});
  };
  EXPECT_TRUE(expects({"192.0.2.9", "192.0.2.7"}).ok());
  const auto other = expects({"192.0.2.9"});
  EXPECT_EQ(other.outcome, Outcome::kMismatch);
  EXPECT_NE(other.detail.find("answers 192.0.2.7"), std::string::npos) << other.detail;
}

TEST_F(DnsTest, ACodeThatIsDemandedIsTheOnlyGoodOne) {
  const FakeDns server(loop_, flags(kQr | wire::kNxDomain));
  for (const std::uint16_t wanted : {wire::kNoError, wire::kNxDomain}) {
    DnsCheck check{server.address(), "www.example.com", wire::kTypeA, base::seconds(5)};
    check.rcode = wanted;
    DnsProbe probe(loop_, check);
    std::optional<Observation> got;
    probe.start([&](const Observation& seen) { got = seen; });
    EXPECT_TRUE(run_until(loop_, [&] { return got.has_value(); }));
    EXPECT_EQ(got->ok(), wanted == wire::kNxDomain) << got->detail;
  }
}

TEST_F(DnsTest, IpVersionSixToo) {
  const auto six = *base::SocketAddress::parse("[::1]@0");
  if (!io::bind_socket(six, SOCK_DGRAM)) GTEST_SKIP() << "no IPv6 here";
  const FakeDns server(loop_, flags(kQr), {}, six);
  EXPECT_TRUE(look(server.address()).ok());
}

TEST_F(DnsTest, IdAndLetterCaseDifferFromLookToLook) {
  const FakeDns server(loop_, flags(kQr));
  std::set<base::Bytes> ids, names;
  for (int i = 0; i < 8; ++i) {
    EXPECT_TRUE(look(server.address()).ok());
    const auto& q = server.last_question;
    ids.emplace(q.begin(), q.begin() + 2);
    names.emplace(q.begin() + 12, q.end());
  }
  EXPECT_GE(ids.size(), 6U);
  EXPECT_GE(names.size(), 6U);
}

TEST_F(DnsTest, ForgedAnswersAreIgnoredAndTheTrueOneCounts) {
  const FakeDns server(loop_, [](base::Bytes q) {
    auto other_id = with_flags(q, kQr | wire::kServFail);
    other_id[0] = static_cast<std::uint8_t>(other_id[0] ^ 0x55U);
    auto other_type = with_flags(q, kQr | wire::kServFail);
    other_type[other_type.size() - 3] = wire::kTypeMx;
    return Messages{other_id,          other_type, base::Bytes(), base::Bytes{1, 2, 3}, base::Bytes(4096, 0xFF),
                    with_flags(q, kQr)};
  });
  EXPECT_TRUE(look(server.address()).ok());
}

TEST_F(DnsTest, OnlyForgedAnswersAreNone) {
  const FakeDns server(loop_, flags(0));
  const auto seen = look(server.address(), base::milliseconds(50));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_NE(seen.detail.find("answers another question"), std::string::npos) << seen.detail;
}

TEST_F(DnsTest, ATruncatedAnswerIsAskedForByTcp) {
  const FakeDns server(loop_, flags(kQr | wire::kFlagTc), [](base::Bytes q) {
    const auto whole = framed(with_flags(std::move(q), kQr));
    return Messages{base::Bytes(whole.begin(), whole.begin() + 1), base::Bytes(whole.begin() + 1, whole.end())};
  });
  EXPECT_TRUE(look(server.address()).ok());
  EXPECT_EQ(server.streams(), 1);
}

// A server that lowers the question would else be open to whoever guesses id and port.
TEST_F(DnsTest, AnAnswerInAnotherLetterCaseIsAskedForByTcp) {
  const FakeDns server(
      loop_,
      [](base::Bytes q) {
        for (std::size_t i = 13; i < q.size() - 5; ++i) q[i] = static_cast<std::uint8_t>(q[i] ^ (q[i] > 63 ? 0x20 : 0));
        return Messages{with_flags(std::move(q), kQr)};
      },
      [](base::Bytes q) { return Messages{framed(with_flags(std::move(q), kQr | wire::kRefused))}; });
  EXPECT_EQ(look(server.address()).outcome, Outcome::kMismatch) << "the answer by TCP counts";
  EXPECT_EQ(server.streams(), 1);
}

TEST_F(DnsTest, GarbageByTcpIsTold) {
  const auto tc = flags(kQr | wire::kFlagTc);
  const FakeDns other(loop_, tc, [](base::Bytes) { return Messages{framed(base::Bytes(40, 0xAA))}; });
  EXPECT_EQ(look(other.address()).outcome, Outcome::kProtocol);
  const FakeDns half(loop_, tc, [](base::Bytes) { return Messages{base::Bytes{0xFF, 0xFF, 1, 2, 3}}; });
  EXPECT_EQ(look(half.address()).outcome, Outcome::kReset);
}

TEST_F(DnsTest, TruncatedWithoutTcpIsNoAnswer) {
  const FakeDns silent(loop_, flags(kQr | wire::kFlagTc));  // takes connections and never reads
  const auto seen = look(silent.address(), base::milliseconds(50));
  EXPECT_EQ(seen.outcome, Outcome::kTimeout);
  EXPECT_NE(seen.detail.find("by TCP"), std::string::npos) << seen.detail;
}

TEST_F(DnsTest, NobodyThereIsToldAtOnce) {
  base::SocketAddress gone;
  {
    const FakeDns server(loop_, flags(kQr));
    gone = server.address();
  }
  EXPECT_EQ(look(gone).outcome, Outcome::kRefused);
}

TEST_F(DnsTest, ACancelledLookTellsNothing) {
  const FakeDns server(loop_, flags(kQr));
  DnsProbe probe(loop_, {server.address(), "example.com", wire::kTypeA, base::seconds(1)});
  probe.start([](const Observation&) { FAIL(); });
  probe.cancel();
  EXPECT_TRUE(look(server.address()).ok());
}

}  // namespace
}  // namespace probes
