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
  // 0: none came.
  [[nodiscard]] std::size_t answer_size() const {
    pollfd wait{client_.get(), POLLIN, 0};
    std::array<char, 512> buffer;
    if (poll(&wait, 1, 10000) != 1) return 0;
    const auto size = recv(client_.get(), buffer.data(), buffer.size(), 0);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }
  [[nodiscard]] bool answered() const { return answer_size() > 0; }

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

TEST_F(Worker, ANewPolicyHoldsFromTheNextQueryOn) {
  worker_->start();
  ask();
  ASSERT_TRUE(answered());
  for (int i = 0; i < 20; ++i) {
    const bool cookies = i % 2 == 0;
    auto policy = std::make_shared<data::Policy>();
    if (cookies) policy->cookie_secrets.push_back({1});
    worker_->set_policy(std::move(policy));
    const auto packet = query("www.example.", 1, {.edns = 1232, .options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}});
    ASSERT_EQ(send(client_.get(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
    const auto size = answer_size();
    EXPECT_GT(size, 0U);
    EXPECT_EQ(size > packet.size() + 16, cookies) << i << ": " << size;
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
