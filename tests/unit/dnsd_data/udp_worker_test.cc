#include "dnsd/data/udp_worker.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include "dnsd/data/sockets.h"
#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"

namespace {

using dns_test::query;

class Worker : public testing::Test {
 protected:
  Worker() {
    publisher_.publish(dns_test::make_snapshot({{"example.", "www.example. 300 A 192.0.2.10\n"}}));
    auto fd = data::open_udp(address_).value();
    same_ = base::Fd(dup(fd.get()));
    worker_ = std::make_unique<data::UdpWorker>(std::move(fd), address_, identity_, publisher_, board_);
    client_ = base::Fd(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage at{};
    const auto size = address_.to_sockaddr(at);
    EXPECT_EQ(connect(client_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  }
  void ask() const {
    const auto packet = query("www.example.", 1);
    EXPECT_EQ(send(client_.get(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
  }
  [[nodiscard]] bool answered() const {
    pollfd wait{client_.get(), POLLIN, 0};
    std::array<char, 512> buffer;
    return poll(&wait, 1, 10000) == 1 && recv(client_.get(), buffer.data(), buffer.size(), 0) > 0;
  }

  const base::SocketAddress address_ = data::settle_address(base::SocketAddress::parse("127.0.0.1@0").value()).value();
  data::Identity identity_{"ns1", "", "", 1232};
  snapshot::Publisher publisher_;
  snapshot::CounterBoard board_;
  base::Fd same_;  // the worker's socket, as another process would share it
  base::Fd client_;
  std::unique_ptr<data::UdpWorker> worker_;
};

TEST_F(Worker, EndsHoweverFarItsThreadHasCome) {
  for (int i = 0; i < 100; ++i) {
    worker_->start();
    if (i % 2 == 0) {
      ask();
      EXPECT_TRUE(answered());
    }
    worker_->stop();
    auto again = base::Fd(dup(same_.get()));
    worker_ = std::make_unique<data::UdpWorker>(std::move(again), address_, identity_, publisher_, board_);
  }
}

TEST_F(Worker, AnswersWhatWaitsBeforeItEnds) {
  for (int i = 0; i < 3; ++i) ask();
  worker_->start();
  worker_->stop();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(answered());
}

TEST_F(Worker, ServesASocketThatAnotherProcessMadeNonBlocking) {
  worker_->start();
  ask();
  EXPECT_TRUE(answered());
  ASSERT_EQ(fcntl(same_.get(), F_SETFL, O_NONBLOCK), 0);
  for (int i = 0; i < 3; ++i) {
    ask();
    EXPECT_TRUE(answered());
  }
  worker_->stop();
}

}  // namespace
