#include "dnsd/data/tcp_connection.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"

namespace {

using data::TcpConnection;
using dns_test::query;

class Tcp : public testing::Test {
 protected:
  struct Peer {
    base::Fd fd;
    std::unique_ptr<TcpConnection> connection;
    bool over = false;
  };
  void connect(Peer& peer) {
    int pair[2];
    ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    const int size = 1 << 20;
    for (const int fd : pair) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    peer.fd = base::Fd(pair[0]);
    peer.connection = std::make_unique<TcpConnection>(
        loop_, base::Fd(pair[1]), base::IpAddress::parse("192.0.2.1").value(), context_, [&peer](TcpConnection*) {
          peer.over = true;
          peer.connection.reset();
        });
  }
  static void pipeline(const Peer& peer, unsigned queries) {
    base::ByteWriter all;
    for (unsigned i = 0; i < queries; ++i) all.bytes16(query("www.example.", 1, {.id = static_cast<std::uint16_t>(i)}));
    ASSERT_EQ(send(peer.fd.get(), all.data().data(), all.data().size(), 0), static_cast<ssize_t>(all.data().size()));
  }
  std::uint64_t answered() const {
    snapshot::Summed sum;
    counters_.sum_into(sum);
    return sum[snapshot::Counter::kTcp4];
  }

  data::Identity identity_{"ns1", "", "", 1232};
  snapshot::Publisher publisher_;
  data::Scratch scratch_;
  snapshot::WorkerCounters counters_;
  base::Loop loop_;
  data::TcpContext context_{
      .identity = identity_, .reader = publisher_.add_reader(), .scratch = scratch_, .counters = counters_};
};

// RFC 7766 section 6.2.1.1 lets clients pipeline; section 6.1 wants no client to take more than its share.
TEST_F(Tcp, ClientsThatPipelineHaveTurns) {
  publisher_.publish(dns_test::make_snapshot({{"example.", "www.example. 60 A 192.0.2.1\n"}}));
  Peer greedy;
  Peer modest;
  connect(greedy);
  connect(modest);
  pipeline(greedy, 1000);
  pipeline(modest, 1);
  std::uint64_t at_answer = 0;
  base::Bytes buffer(100);
  while (at_answer == 0) {
    loop_.run_once(true);
    if (recv(modest.fd.get(), buffer.data(), buffer.size(), 0) > 0) at_answer = answered();
  }
  EXPECT_LE(at_answer, 3 * data::TcpConnection::kTurn) << "the modest client did not wait for the greedy one's end";
}

TEST_F(Tcp, WhatWaitsForItsTurnIsAnsweredAfterTheClientHasEnded) {
  publisher_.publish(dns_test::make_snapshot({{"example.", "www.example. 60 A 192.0.2.1\n"}}));
  Peer peer;
  connect(peer);
  pipeline(peer, 300);
  shutdown(peer.fd.get(), SHUT_WR);
  while (!peer.over) loop_.run_once(true);
  EXPECT_EQ(answered(), 300U);
}

}  // namespace
