#include "dnsd/data/server.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <future>

#include "base/fd.h"
#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"

namespace {

using dns_test::query;
using snapshot::Counter;
using testing::HasSubstr;

base::SocketAddress address(const std::string& text) { return base::SocketAddress::parse(text).value(); }

class Client {
 public:
  Client(const base::SocketAddress& to, int kind)
      : fd_(socket(to.ip.is_v6() ? AF_INET6 : AF_INET, kind | SOCK_CLOEXEC, 0)) {
    sockaddr_storage at{};
    const auto size = to.to_sockaddr(at);
    EXPECT_EQ(connect(fd_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
    const int one = 1;
    if (kind == SOCK_STREAM) setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  }
  void send(const base::Bytes& bytes) const { ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL); }
  void end() const { shutdown(fd_.get(), SHUT_WR); }
  // One datagram, or `want` octets of a stream; fewer at its end, nothing after 5 seconds.
  base::Bytes receive(std::size_t want = 0) const {
    base::Bytes out;
    base::Bytes buffer(65535);
    do {
      pollfd wait{fd_.get(), POLLIN, 0};
      if (poll(&wait, 1, 5000) != 1) return {};
      const auto n = recv(fd_.get(), buffer.data(), want == 0 ? buffer.size() : want - out.size(), 0);
      if (n <= 0) break;
      out.insert(out.end(), buffer.begin(), buffer.begin() + n);
    } while (out.size() < want);
    return out;
  }
  // One framed message; nothing at the end of the stream.
  std::optional<dns_test::Message> message() const {
    const auto head = receive(2);
    if (head.size() < 2) return std::nullopt;
    return dns_test::decode(receive(static_cast<std::size_t>(head[0]) << 8 | head[1]));
  }
  [[nodiscard]] bool closed() const { return receive(1).empty(); }

 private:
  base::Fd fd_;
};

base::Bytes frame(const base::Bytes& message) {
  base::ByteWriter out;
  out.bytes16(message);
  return out.take();
}

class Serving : public testing::Test {
 protected:
  void serve() {
    publisher_.publish(dns_test::make_snapshot({{"example.", "www.example. 300 A 192.0.2.10\n" + big()}}));
    auto bound = data::Server::bind(options_, publisher_, board_);
    ASSERT_TRUE(bound) << bound.error().message;
    server_ = std::move(*bound);
    server_->start();
  }
  static std::string big() {
    std::string lines;
    for (int i = 1; i <= 120; ++i) lines += "big.example. 300 A 198.51.100." + std::to_string(i) + "\n";
    return lines;
  }
  [[nodiscard]] Client tcp(std::size_t which = 0) const { return {server_->addresses().at(which), SOCK_STREAM}; }

  data::ServerOptions options_ = [] {
    data::ServerOptions out;
    out.listen = {address("127.0.0.1@0")};
    out.workers = 2;
    return out;
  }();
  snapshot::Publisher publisher_;
  snapshot::CounterBoard board_;
  std::unique_ptr<data::Server> server_;
};

TEST_F(Serving, BindsUdpAndTcpToOnePortOnEveryAddress) {
  options_.listen = {address("127.0.0.1@0"), address("[::1]@0")};
  serve();
  ASSERT_EQ(server_->addresses().size(), 2U);
  for (const auto& at : server_->addresses()) {
    ASSERT_NE(at.port, 0);
    const Client udp(at, SOCK_DGRAM);
    udp.send(query("www.example.", 1, {.id = 5}));
    EXPECT_EQ(dns_test::decode(udp.receive()).answer.size(), 1U);
    const Client tcp(at, SOCK_STREAM);
    tcp.send(frame(query("www.example.", 1, {.id = 6})));
    EXPECT_EQ(tcp.message()->answer.size(), 1U);
  }
  const auto sum = board_.sum();
  EXPECT_EQ(sum[Counter::kUdp4] + sum[Counter::kUdp6] + sum[Counter::kTcp4] + sum[Counter::kTcp6], 4U);
}

TEST_F(Serving, ATakenAddressIsAnError) {
  serve();
  auto taken = options_;
  taken.listen = server_->addresses();
  const auto second = data::Server::bind(taken, publisher_, board_);
  ASSERT_FALSE(second);
  EXPECT_THAT(second.error().message, HasSubstr("Address already in use"));
  EXPECT_THAT(second.error().message, HasSubstr(server_->addresses()[0].to_string()));
}

TEST_F(Serving, MoreWorkersThanThePublisherHasPlacesForIsAnError) {
  options_.workers = 2000;
  const auto server = data::Server::bind(options_, publisher_, board_);
  ASSERT_FALSE(server);
  EXPECT_THAT(server.error().message, HasSubstr("2000 workers: at most 1024"));
}

TEST_F(Serving, StopsAndGivesThePortBack) {
  serve();
  const Client open = tcp();
  const auto at = server_->addresses();
  server_->stop();
  server_->stop();
  EXPECT_TRUE(open.closed());
  options_.listen = at;
  server_ = std::move(data::Server::bind(options_, publisher_, board_).value());
  server_->start();
  const Client udp(at[0], SOCK_DGRAM);
  udp.send(query("www.example.", 1));
  EXPECT_FALSE(udp.receive().empty());
}

TEST_F(Serving, ServesWhatIsPublishedLater) {
  auto bound = data::Server::bind(options_, publisher_, board_);
  ASSERT_TRUE(bound);
  server_ = std::move(*bound);
  server_->start();
  const Client udp(server_->addresses()[0], SOCK_DGRAM);
  udp.send(query("www.example.", 1));
  EXPECT_EQ(dns_test::decode(udp.receive()).rcode, wire::kServFail);
  publisher_.publish(dns_test::make_snapshot({{"example.", "www.example. 300 A 192.0.2.10\n"}}));
  udp.send(query("www.example.", 1));
  EXPECT_EQ(dns_test::decode(udp.receive()).rcode, wire::kNoError);
}

TEST_F(Serving, TakesUpANewPolicyWhileItServes) {
  options_.workers = 1;
  serve();
  const Client udp(server_->addresses()[0], SOCK_DGRAM);
  const auto address = base::IpAddress::parse("127.0.0.1").value();
  // True if the cookie that is given now was made by `secret`.
  const auto made_by = [&](const data::CookieSecret& secret) {
    udp.send(query("www.example.", 1, {.edns = 1232, .options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}}));
    const auto r = dns_test::decode(udp.receive());
    if (r.options.empty()) return false;
    const auto cookie = base::from_hex(r.options[0].second).value();
    const auto made = base::ByteReader(base::ByteView(cookie).subspan(12)).u32();
    return data::answer_cookie({&secret, 1}, cookie, address.bytes(), made).state == data::CookieState::kGood;
  };
  EXPECT_FALSE(made_by({1})) << "no policy, no cookies";
  for (const data::CookieSecret& secret : {data::CookieSecret{1}, data::CookieSecret{2}}) {
    server_->set_policy(std::make_shared<data::Policy>(data::Policy{{secret}, nullptr}));
    while (!made_by(secret) && !HasFailure()) {  // the worker takes it up by itself
    }
  }
}

TEST_F(Serving, TellsByTcpHowLongAConnectionMayIdle) {  // RFC 7828
  options_.tcp_idle_timeout = base::seconds(7);
  serve();
  const Client client = tcp();
  client.send(frame(query("www.example.", 1, {.edns = 1232, .options = {0, 11, 0, 0}})));
  const auto r = client.message();
  ASSERT_TRUE(r);
  ASSERT_EQ(r->options.size(), 1U);
  EXPECT_EQ(r->options[0].second, "0046");
}

// RFC 7828 section 3.3.2, RFC 7766 section 6.2.3.
TEST_F(Serving, TellsAShorterTimeWhenPlacesGetScarce) {
  options_.tcp_idle_timeout = base::seconds(8);
  options_.tcp_max_connections = 4;
  serve();
  const auto ask = [](const Client& client) {
    client.send(frame(query("www.example.", 1, {.edns = 1232, .options = {0, 11, 0, 0}})));
    const auto r = client.message();
    return r && r->options.size() == 1 ? r->options[0].second : "none";
  };
  const Client first = tcp();
  EXPECT_EQ(ask(first), "0050");
  const Client second = tcp();
  EXPECT_EQ(ask(second), "0050");
  const Client third = tcp();
  EXPECT_EQ(ask(third), "0014") << "three places of four are taken";
}

TEST_F(Serving, PutsSplitFramesTogether) {
  serve();
  const Client client = tcp();
  for (const auto octet : frame(query("www.example.", 1, {.id = 9}))) client.send({octet});
  EXPECT_EQ(client.message()->id, 9);
}

TEST_F(Serving, AnswersPipelinedQueries) {  // RFC 7766 section 6.2.1.1
  serve();
  const Client client = tcp();
  base::Bytes all;
  for (std::uint16_t id = 1; id <= 300; ++id) {
    const auto one = frame(query(id % 2 == 0 ? "big.example." : "www.example.", 1, {.id = id}));
    all.insert(all.end(), one.begin(), one.end());
  }
  client.send(all);
  for (std::uint16_t id = 1; id <= 300; ++id) {
    const auto r = client.message();
    ASSERT_TRUE(r) << id;
    EXPECT_EQ(r->id, id);
    EXPECT_EQ(r->answer.size(), id % 2 == 0 ? 120U : 1U);
  }
}

TEST_F(Serving, AnswersAfterTheClientHasEnded) {
  serve();
  const Client client = tcp();
  client.send(frame(query("www.example.", 1)));
  client.end();
  EXPECT_TRUE(client.message());
  EXPECT_TRUE(client.closed());
}

TEST_F(Serving, ClosesOnGarbage) {
  serve();
  for (const auto& garbage :
       {base::Bytes{0, 0}, base::Bytes{0, 3, 1, 2, 3}, frame(query("www.example.", 1, {.flags = wire::kFlagQr}))}) {
    const Client client = tcp();
    client.send(garbage);
    EXPECT_TRUE(client.closed());
  }
  EXPECT_EQ(board_.sum()[Counter::kTcpGarbageClosed], 3U);
}

TEST_F(Serving, AMalformedQueryDoesNotEndTheConnection) {
  serve();
  const Client client = tcp();
  auto cut = query("www.example.", 1);
  cut.pop_back();
  client.send(frame(cut));
  client.send(frame(query("www.example.", 1)));
  EXPECT_EQ(client.message()->rcode, wire::kFormErr);
  EXPECT_EQ(client.message()->rcode, wire::kNoError);
}

TEST_F(Serving, ClosesIdleAndDripFedConnections) {
  options_.tcp_idle_timeout = base::milliseconds(200);
  serve();
  const Client silent = tcp();
  const Client dripping = tcp();
  dripping.send({0});
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(dripping.closed());
  EXPECT_EQ(board_.sum()[Counter::kTcpIdleClosed], 2U);
}

TEST_F(Serving, KeepsToTheLimitPerClient) {
  options_.tcp_max_per_client = 2;
  serve();
  const Client first = tcp();
  const Client second = tcp();
  first.send(frame(query("www.example.", 1)));
  second.send(frame(query("www.example.", 1)));
  ASSERT_TRUE(first.message());
  ASSERT_TRUE(second.message());
  EXPECT_TRUE(tcp().closed());
  EXPECT_EQ(board_.sum()[Counter::kTcpRefusedClient], 1U);
  first.end();
  EXPECT_TRUE(first.closed());
  const Client third = tcp();
  third.send(frame(query("www.example.", 1)));
  EXPECT_TRUE(third.message()) << "a place that was given back can be taken";
}

TEST_F(Serving, WhenFullTheIdlestGivesWay) {
  options_.workers = 1;
  options_.tcp_max_connections = 2;
  options_.tcp_idle_timeout = base::seconds(2);
  serve();
  const Client idle = tcp();
  const Client busy = tcp();
  // Two ticks of the idle timer, during which `busy` asks all the time.
  while (board_.sum()[Counter::kTcp4] < 1 || board_.sum()[Counter::kTcpIdleClosed] == 0) {
    busy.send(frame(query("www.example.", 1)));
    ASSERT_TRUE(busy.message());
    const Client next = tcp();
    next.send(frame(query("www.example.", 1)));
    next.message();
  }
  busy.send(frame(query("www.example.", 1)));
  EXPECT_TRUE(busy.message());
  EXPECT_TRUE(idle.closed());
}

TEST_F(Serving, WhenFullOfThoseThatJustCameWhoAskedNothingWholeGivesWay) {
  options_.workers = 1;
  options_.tcp_max_connections = 3;
  options_.tcp_idle_timeout = base::seconds(80);  // no tick within this test
  serve();
  const Client asked = tcp();
  asked.send(frame(query("www.example.", 1)));
  ASSERT_TRUE(asked.message());
  const Client older = tcp();
  const Client younger = tcp();
  for (const Client* dripping : {&older, &younger}) dripping->send({0});
  const Client next = tcp();
  next.send(frame(query("www.example.", 1)));
  EXPECT_TRUE(next.message());
  EXPECT_TRUE(older.closed());
  const Client last = tcp();
  last.send(frame(query("www.example.", 1)));
  EXPECT_TRUE(last.message());
  EXPECT_TRUE(younger.closed());
  EXPECT_TRUE(tcp().closed()) << "all that are there have asked just now";
  asked.send(frame(query("www.example.", 1)));
  EXPECT_TRUE(asked.message());
  EXPECT_EQ(board_.sum()[Counter::kTcpRefusedTotal], 1U);
}

TEST_F(Serving, AClientThatDoesNotReadHindersNobody) {
  options_.workers = 1;
  serve();
  const Client deaf = tcp();
  base::Bytes all;
  for (std::uint16_t id = 1; id <= 1000; ++id) {
    const auto one = frame(query("big.example.", 1, {.id = id}));
    all.insert(all.end(), one.begin(), one.end());
  }
  deaf.send(all);
  const Client other = tcp();
  other.send(frame(query("www.example.", 1)));
  EXPECT_TRUE(other.message());
  for (int i = 1; i <= 1000; ++i) {
    const auto r = deaf.message();
    ASSERT_TRUE(r) << i;
    ASSERT_EQ(r->id, i);
  }
}

// What one server has bound, as another process would get it.
base::SocketBag copies(const data::Server& server) {
  base::SocketBag out;
  for (const int fd : server.sockets()) EXPECT_TRUE(out.add(base::Fd(fcntl(fd, F_DUPFD_CLOEXEC, 0))));
  return out;
}

TEST_F(Serving, HandsItsSocketsOverAndFinishesItsTcpClients) {
  serve();
  const Client kept = tcp();
  kept.send(frame(query("www.example.", 1, {.id = 1})));
  ASSERT_TRUE(kept.message());
  snapshot::CounterBoard next_board;
  auto given = copies(*server_);
  options_.listen = server_->addresses();
  options_.workers = 3;
  auto next = data::Server::bind(options_, publisher_, next_board, &given);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_TRUE(given.empty());
  EXPECT_EQ((*next)->addresses(), server_->addresses());
  EXPECT_EQ((*next)->sockets().size(), 6U) << "a UDP and a TCP socket for each worker";
  (*next)->start();
  std::promise<void> ended;
  server_->retire(base::seconds(60), [&] { ended.set_value(); });
  const auto before = board_.sum()[Counter::kUdp4];
  for (std::uint16_t i = 0; i < 50; ++i) {
    const Client udp(server_->addresses()[0], SOCK_DGRAM);
    udp.send(query("www.example.", 1, {.id = i}));
    ASSERT_FALSE(udp.receive().empty());
    const Client fresh = tcp();
    fresh.send(frame(query("www.example.", 1, {.id = i})));
    ASSERT_TRUE(fresh.message());
  }
  EXPECT_EQ(board_.sum()[Counter::kUdp4], before);
  EXPECT_EQ(next_board.sum()[Counter::kUdp4], 50U);
  EXPECT_EQ(next_board.sum()[Counter::kTcpAccepted], 50U);
  kept.send(frame(query("www.example.", 1, {.id = 2, .edns = 1232, .options = {0, 11, 0, 0}})));
  const auto last = kept.message();
  ASSERT_TRUE(last) << "a client of the old server is served to its end";
  ASSERT_EQ(last->options.size(), 1U);
  EXPECT_EQ(last->options[0].second, "0001") << "and told not to stay";
  kept.end();
  ended.get_future().wait();
  server_->stop();
  const Client udp((*next)->addresses()[0], SOCK_DGRAM);
  udp.send(query("www.example.", 1));
  EXPECT_FALSE(udp.receive().empty());
}

TEST_F(Serving, WhatWaitsInASocketIsAnsweredByTheServerThatTakesItOver) {
  publisher_.publish(dns_test::make_snapshot({{"example.", "www.example. 300 A 192.0.2.10\n"}}));
  server_ = std::move(data::Server::bind(options_, publisher_, board_).value());
  std::vector<std::unique_ptr<Client>> waiting;
  for (std::uint16_t i = 0; i < 50; ++i) {
    waiting.push_back(std::make_unique<Client>(server_->addresses()[0], SOCK_DGRAM));
    waiting.back()->send(query("www.example.", 1, {.id = i}));
  }
  snapshot::CounterBoard next_board;
  auto given = copies(*server_);
  options_.listen = server_->addresses();
  options_.workers = 1;  // fewer than sockets: the one serves both
  auto next = std::move(data::Server::bind(options_, publisher_, next_board, &given).value());
  server_.reset();
  next->start();
  for (const auto& client : waiting) EXPECT_FALSE(client->receive().empty());
}

TEST_F(Serving, WithoutFreebindAnAddressIsLeftUntilItAppears) {
  options_.freebind = false;
  options_.listen = {address("127.0.0.1@0"), address("192.0.2.1@0")};
  serve();
  EXPECT_EQ(server_->missing(), std::vector<base::SocketAddress>{address("192.0.2.1@0")});
  const auto again = server_->bind_missing();
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
  EXPECT_EQ(server_->missing().size(), 1U);
  const Client udp(server_->addresses()[0], SOCK_DGRAM);
  udp.send(query("www.example.", 1));
  EXPECT_FALSE(udp.receive().empty());
}

TEST_F(Serving, WithNoneOfItsAddressesAndNoFreebindItDoesNotStart) {
  options_.freebind = false;
  options_.listen = {address("192.0.2.1@0")};
  const auto bound = data::Server::bind(options_, publisher_, board_);
  ASSERT_FALSE(bound);
  EXPECT_THAT(bound.error().message, HasSubstr("freebind"));
}

}  // namespace
