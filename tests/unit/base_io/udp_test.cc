#include "base/io/udp.h"

#include <gtest/gtest.h>

#include "tests/unit/base_io/loop_util.h"

namespace {

using io::SendOutcome;
using io::UdpSocket;
using io_test::loopback;
using io_test::run_until;

struct End {
  explicit End(base::Loop& loop, const base::SocketAddress& at = loopback())
      : socket(*UdpSocket::bind(loop, at, [this](base::ByteView bytes, const base::SocketAddress& from) {
          got.emplace_back(base::as_text(bytes));
          last_from = from;
        })) {}
  std::vector<std::string> got;
  base::SocketAddress last_from;
  std::unique_ptr<UdpSocket> socket;
};

TEST(Udp, CarriesDatagramsBothWaysWithTheirSource) {
  for (const auto* ip : {"127.0.0.1", "::1"}) {
    base::Loop loop;
    const base::SocketAddress any{base::IpAddress::parse(ip).value(), 0};
    End a(loop, any);
    End b(loop, any);
    EXPECT_NE(a.socket->address().port, 0);
    EXPECT_EQ(a.socket->send(b.socket->address(), base::as_bytes("ping")), SendOutcome::kSent);
    ASSERT_TRUE(run_until(loop, [&] { return b.got.size() == 1; }));
    EXPECT_EQ(b.got[0], "ping");
    EXPECT_EQ(b.last_from, a.socket->address());
    EXPECT_EQ(b.socket->send(b.last_from, {}), SendOutcome::kSent);
    ASSERT_TRUE(run_until(loop, [&] { return a.got.size() == 1; }));
    EXPECT_EQ(a.got[0], "") << "an empty datagram is a datagram";
  }
}

TEST(Udp, ReadsAllThatWaitsInOneTurn) {
  base::Loop loop;
  End a(loop);
  End b(loop);
  for (int i = 0; i < 200; ++i) a.socket->send(b.socket->address(), base::as_bytes(std::to_string(i)));
  loop.run_once(true);
  ASSERT_EQ(b.got.size(), 200U);
  EXPECT_EQ(b.got.back(), "199");
}

TEST(Udp, DropsADatagramThatIsTooLarge) {
  base::Loop loop;
  End a(loop);
  End b(loop);
  a.socket->send(b.socket->address(), base::as_bytes(std::string(2048, 'f')));
  a.socket->send(b.socket->address(), base::as_bytes(std::string(2049, 'g')));
  a.socket->send(b.socket->address(), base::as_bytes("end"));
  ASSERT_TRUE(run_until(loop, [&] { return b.got.size() == 2; }));
  EXPECT_EQ(b.got[0].size(), 2048U);
  EXPECT_EQ(b.got[1], "end");
}

TEST(Udp, ASilentOrMissingReceiverIsNoError) {
  base::Loop loop;
  End a(loop);
  base::SocketAddress gone;
  { gone = End(loop).socket->address(); }
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(a.socket->send(gone, base::as_bytes("x")), SendOutcome::kSent);
    loop.run_once(false);
  }
  EXPECT_EQ(a.socket->send(gone, base::as_bytes(std::string(70000, 'x'))), SendOutcome::kFailed);
  EXPECT_EQ(a.socket->send({base::IpAddress::parse("::1").value(), 9}, base::as_bytes("x")), SendOutcome::kFailed);
}

TEST(Udp, ACallbackMayDestroyItsSocket) {
  base::Loop loop;
  End a(loop);
  int calls = 0;
  std::unique_ptr<UdpSocket> doomed;
  doomed = *UdpSocket::bind(loop, loopback(), [&](base::ByteView, const base::SocketAddress&) {
    ++calls;
    doomed.reset();
  });
  const auto to = doomed->address();
  for (int i = 0; i < 3; ++i) a.socket->send(to, base::as_bytes("x"));
  EXPECT_TRUE(run_until(loop, [&] { return calls == 1; }));
  io_test::run_for(loop, base::milliseconds(10));
  EXPECT_EQ(calls, 1);
}

TEST(Udp, SaysWhyItCannotBind) {
  base::Loop loop;
  End a(loop);
  const auto taken = UdpSocket::bind(loop, a.socket->address(), nullptr);
  ASSERT_FALSE(taken);
  EXPECT_NE(taken.error().message.find(a.socket->address().to_string()), std::string::npos);
}

}  // namespace
