#include "dnsd/data/udp_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstring>
#include <thread>

#include "dnsd/data/sockets.h"
#include "tests/fuzz/packet_input.h"
#include "tests/support/dns_message.h"
#include "tests/support/zone_text.h"

// Every allocation of this program passes here and is counted while `counting` is set. The sanitizers bring their own
// allocator, so there the count is left to the plain build.
#if defined(__has_feature)  // Clang's way to say it; GCC's is a macro
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define WIDEIP_COUNTS_MALLOC 0
#endif
#endif
#if defined(WIDEIP_COUNTS_MALLOC)
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WIDEIP_COUNTS_MALLOC 0
#else
#define WIDEIP_COUNTS_MALLOC 1
#endif

namespace {
std::atomic<bool> counting{false};
std::atomic<std::size_t> allocations{0};
}  // namespace

#if WIDEIP_COUNTS_MALLOC
extern "C" {
void* __libc_malloc(std::size_t size);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* old, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);

void* malloc(std::size_t size) {
  if (counting.load(std::memory_order_relaxed)) ++allocations;
  return __libc_malloc(size);
}
void* calloc(std::size_t count, std::size_t size) {
  if (counting.load(std::memory_order_relaxed)) ++allocations;
  return __libc_calloc(count, size);
}
void* realloc(void* old, std::size_t size) {
  if (counting.load(std::memory_order_relaxed)) ++allocations;
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  if (counting.load(std::memory_order_relaxed)) ++allocations;
  return __libc_memalign(alignment, size);
}
}
#endif

namespace {

using data::UdpSocket;
using dns_test::query;

const std::string kLines =
    "www.example. 300 A 192.0.2.10\nalias.example. 60 CNAME www.example.\n*.wild.example. 60 A 192.0.2.50\n"
    "mail.example. 60 MX 10 www.example.\nsub.example. 60 NS ns.sub.example.\nns.sub.example. 60 A 192.0.2.1\n"
    "dn.example. 60 DNAME wild.example.\n";

class Udp : public testing::Test {
 protected:
  // A server socket on `ip`, and a client that sends to `to`.
  void open(const std::string& ip, const std::string& to) {
    const auto address = data::settle_address({base::IpAddress::parse(ip).value(), 0}).value();
    auto fd = data::open_udp(address).value();
    socket_ = std::make_unique<UdpSocket>(std::move(fd), address.ip.is_v6(), address.ip.is_unspecified(), identity_,
                                          publisher_.add_reader(), scratch_, counters_);
    client_ = base::Fd(::socket(address.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    sockaddr_storage at{};
    const auto size = base::SocketAddress{base::IpAddress::parse(to).value(), address.port}.to_sockaddr(at);
    ASSERT_EQ(connect(client_.get(), reinterpret_cast<sockaddr*>(&at), size), 0);
  }
  void send(const base::Bytes& packet) const {
    ASSERT_EQ(::send(client_.get(), packet.data(), packet.size(), 0), static_cast<ssize_t>(packet.size()));
  }
  // The next answer; the client is connected, so one from another address never arrives.
  std::optional<dns_test::Message> receive() const {
    pollfd wait{client_.get(), POLLIN, 0};
    if (poll(&wait, 1, 1000) != 1) return std::nullopt;
    base::Bytes buffer(65535);
    const auto n = recv(client_.get(), buffer.data(), buffer.size(), 0);
    if (n < 0) return std::nullopt;
    buffer.resize(static_cast<std::size_t>(n));
    return dns_test::decode(buffer);
  }
  // Loopback delivery is synchronous: what was sent waits in the socket already.
  std::uint64_t counted(snapshot::Counter counter) const {
    snapshot::Summed sum;
    counters_.sum_into(sum);
    return sum[counter];
  }

  data::Identity identity_{"ns1", "", "ns1", 1232};
  snapshot::Publisher publisher_;
  data::PolicySlot news_;
  data::Scratch scratch_;
  snapshot::WorkerCounters counters_;
  std::unique_ptr<UdpSocket> socket_;
  base::Fd client_;
};

TEST_F(Udp, AnswersABatchAndSkipsWhatGetsNoAnswer) {
  publisher_.publish(dns_test::make_snapshot({{"example.", kLines}}));
  open("127.0.0.1", "127.0.0.1");
  send(query("www.example.", 1, {.id = 1}));
  send({1, 2, 3});
  send(query("www.example.", 1, {.flags = wire::kFlagQr}));
  send(query("nosuch.example.", 1, {.id = 2}));
  EXPECT_EQ(socket_->drain(), 4U);
  const auto first = receive();
  const auto second = receive();
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->id, 1);
  EXPECT_EQ(first->answer.size(), 1U);
  EXPECT_EQ(second->id, 2);
  EXPECT_EQ(second->rcode, wire::kNxDomain);
}

TEST_F(Udp, RepliesFromTheAddressThatWasAsked) {
  for (const auto& [bind, to] : {std::pair("0.0.0.0", "127.0.0.7"), std::pair("::", "::1")}) {
    open(bind, to);
    send(query("www.example.", 1));
    EXPECT_EQ(socket_->drain(), 1U) << bind;
    EXPECT_TRUE(receive()) << bind;
  }
}

TEST_F(Udp, DrainingEndsEvenIfMoreKeepsComing) {
  open("127.0.0.1", "127.0.0.1");
  const unsigned share = UdpSocket::kBatch * UdpSocket::kMaxBatches;
  for (unsigned i = 0; i < share + 10; ++i) send(query("a.", 1));
  EXPECT_EQ(socket_->drain(), share);
  EXPECT_EQ(socket_->drain(), 10U);
}

TEST_F(Udp, ServesOneBatchAndWaitsForNoMore) {
  open("127.0.0.1", "127.0.0.1");
  for (unsigned i = 0; i < UdpSocket::kBatch + 3; ++i) send(query("a.", 1));
  EXPECT_EQ(socket_->serve(news_), UdpSocket::kBatch);
  EXPECT_EQ(socket_->serve(news_), 3U);
}

TEST_F(Udp, AnswersOversizeDatagramsWithFormerr) {
  open("127.0.0.1", "127.0.0.1");
  auto packet = query("www.example.", 1);
  packet.resize(20000);
  send(packet);
  EXPECT_EQ(socket_->drain(), 1U);
  const auto r = receive();
  ASSERT_TRUE(r);
  EXPECT_EQ(r->rcode, wire::kFormErr);
  EXPECT_EQ(counted(snapshot::Counter::kOversize), 1U);
}

TEST_F(Udp, OneAnswerThatCannotBeSentDoesNotStopTheOthers) {
  open("127.0.0.1", "127.0.0.1");
  // A query whose source port is 0 cannot be answered: sendmmsg fails on that entry (EINVAL).
  const base::Fd raw(::socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_UDP));
  if (!raw) GTEST_SKIP() << "needs CAP_NET_RAW";
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  ASSERT_EQ(getpeername(client_.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  const auto port = base::SocketAddress::from_sockaddr(at).port;
  const auto question = query("www.example.", 1);
  base::ByteWriter datagram;
  datagram.u16(0);
  datagram.u16(port);
  datagram.u16(static_cast<std::uint16_t>(8 + question.size()));
  datagram.u16(0);  // no checksum
  datagram.bytes(question);
  send(query("www.example.", 1, {.id = 1}));
  ASSERT_GT(
      sendto(raw.get(), datagram.data().data(), datagram.data().size(), 0, reinterpret_cast<sockaddr*>(&at), size), 0);
  send(query("www.example.", 1, {.id = 3}));
  EXPECT_EQ(socket_->drain(), 3U);
  const auto first = receive();
  const auto third = receive();
  ASSERT_TRUE(first && third);
  EXPECT_EQ(first->id, 1);
  EXPECT_EQ(third->id, 3);
  EXPECT_EQ(counted(snapshot::Counter::kSendFailed), 1U);
}

TEST_F(Udp, AnswersThatFitEveryLinkAreNeverFragmented) {  // RFC 9715 section 3.1
  const auto how = [&](std::uint16_t payload) {
    identity_.udp_payload = payload;
    open("127.0.0.1", "127.0.0.1");
    int value = -1;
    socklen_t size = sizeof value;
    getsockopt(socket_->fd(), IPPROTO_IP, IP_MTU_DISCOVER, &value, &size);
    return value;
  };
  EXPECT_EQ(how(1232), IP_PMTUDISC_PROBE);
  EXPECT_EQ(how(4096), IP_PMTUDISC_OMIT);
}

TEST_F(Udp, ALocalLinkThatIsTooNarrowGetsFragments) {
  // In a network of its own, so that its loopback may be made narrow.
  std::thread([&] {
    if (unshare(CLONE_NEWNET) != 0) GTEST_SKIP() << "needs CAP_SYS_ADMIN";
    const base::Fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_mtu = 600;
    ASSERT_EQ(ioctl(any.get(), SIOCSIFMTU, &request), 0);
    request.ifr_flags = IFF_UP;
    ASSERT_EQ(ioctl(any.get(), SIOCSIFFLAGS, &request), 0);
    std::string lines;
    for (int i = 1; i <= 60; ++i) lines += "big.example. 300 A 198.51.100." + std::to_string(i) + "\n";
    publisher_.publish(dns_test::make_snapshot({{"example.", lines}}));
    open("127.0.0.1", "127.0.0.1");
    for (int i = 0; i < 2; ++i) {
      send(query("big.example.", 1, {.edns = 1232}));
      EXPECT_EQ(socket_->serve(news_), 1U);
      const auto r = receive();
      ASSERT_TRUE(r);
      EXPECT_EQ(r->answer.size(), 60U);
    }
    EXPECT_EQ(counted(snapshot::Counter::kSendFailed), 0U);
  }).join();
}

TEST_F(Udp, ShortAnswersOfABatchArriveWhole) {
  publisher_.publish(dns_test::make_snapshot({{"example.", kLines}}));
  open("127.0.0.1", "127.0.0.1");
  const std::string names[] = {"www.example.", "nosuch.example.", "alias.example.",
                               "a." + std::string(60, 'x') + ".x."};
  for (std::uint16_t i = 0; i < UdpSocket::kBatch; ++i) send(query(names[i % 4], 1, {.id = i, .edns = 1232}));
  EXPECT_EQ(socket_->serve(news_), UdpSocket::kBatch);
  for (std::uint16_t i = 0; i < UdpSocket::kBatch; ++i) {
    const auto r = receive();
    ASSERT_TRUE(r);
    EXPECT_TRUE(r->faults.empty());
    EXPECT_EQ(r->id, i);
    EXPECT_EQ(r->qname, names[i % 4]);
  }
}

TEST_F(Udp, KnowsWhoAsks) {
  const auto cookie_by = [&](const std::string& ip) {
    open(ip, ip);
    scratch_.policy = std::make_shared<data::Policy>(data::Policy{{{1}}, nullptr});
    send(query("www.example.", 1, {.edns = 1232, .options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}}));
    socket_->drain();
    const auto r = receive();
    return r && !r->options.empty() ? r->options[0].second : "";
  };
  for (const std::string ip : {"127.0.0.1", "::1"}) {
    const auto got = cookie_by(ip);
    const auto now = scratch_.now.unix_s;
    ASSERT_EQ(got.size(), 48U) << ip;
    const auto address = base::IpAddress::parse(ip).value();
    const std::vector<data::CookieSecret> secrets{{1}};
    EXPECT_EQ(data::answer_cookie(secrets, base::from_hex(got).value(), address.bytes(), now).state,
              data::CookieState::kGood);
  }
}

// One of each batch, and only of names that are decided.
TEST_F(Udp, NotesWhoAsksForADynamicName) {
  auto next = dns_test::make_snapshot({{"example.", kLines}}, {"db.example."});
  next->set_answer({0}, {snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, 1})}, 5, {}});
  publisher_.publish(std::move(next));
  open("127.0.0.1", "127.0.0.1");
  snapshot::SeenQueries::Mark mark;
  std::vector<snapshot::SeenQuery> seen;
  send(query("www.example.", 1));
  socket_->serve(news_);
  counters_.seen().read(mark, seen);
  EXPECT_TRUE(seen.empty());
  send(query("www.example.", 1));
  send(query("DB.example.", 1, {.edns = 1232}));
  send({0, 1});  // gets no answer
  send(query("www.example.", 1));
  socket_->serve(news_);
  counters_.seen().read(mark, seen);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].client.to_string(), "127.0.0.1");
  EXPECT_EQ(seen[0].name.to_string(), "DB.example.");
  EXPECT_EQ(seen[0].ttl_s, 5U);
  send(query("db.example.", 28));
  socket_->serve(news_);
  counters_.seen().read(mark, seen);
  ASSERT_EQ(seen.size(), 2U);
  EXPECT_EQ(seen[1].ttl_s, 0U) << "no record was given";
}

TEST_F(Udp, AllocatesNothingPerBatch) {
  if (!WIDEIP_COUNTS_MALLOC) GTEST_SKIP() << "the sanitizer owns the allocator";
  auto next = dns_test::make_snapshot({{"example.", kLines}},
                                      {"db.example.", "region.example.", "turn.example.", "hash.example."});
  next->set_answer({1}, fuzz::choose(snapshot::How::kOne));
  next->set_answer({2}, fuzz::choose(snapshot::How::kRotate));
  next->set_answer({3}, fuzz::choose(snapshot::How::kHash));
  next->set_answer(
      {0}, {snapshot::DynamicOutcome::kAnswer, {base::IpAddress::v4({192, 0, 2, 1})}, 5, wire::kEdeStaleAnswer});
  publisher_.publish(std::move(next));
  data::RateOptions rates;
  rates.responses = rates.nxdomains = rates.errors = 1;
  rates.exempt = {base::Prefix::parse("10.0.0.0/8").value()};
  const data::Policy policy{{{1}, {2}}, std::make_shared<data::RateLimiter>(rates, data::SipKey{})};
  for (const auto* bind : {"127.0.0.1", "0.0.0.0"}) {
    scratch_.policy = std::make_shared<data::Policy>(policy);
    open(bind, "127.0.0.1");
    std::vector<base::Bytes> packets;
    for (const auto* qname :
         {"www.example.", "alias.example.", "x.wild.example.", "nosuch.example.", "x.sub.example.", "q.dn.example.",
          "mail.example.", "db.example.", "example.net.", "region.example.", "turn.example.", "hash.example."}) {
      for (const auto type : {wire::kTypeA, wire::kTypeAaaa, wire::kTypeMx, wire::kTypeAny}) {
        packets.push_back(query(qname, type));
        packets.push_back(query(qname, type, {.edns = 1232, .dnssec_ok = true, .options = {0, 3, 0, 0}}));
        packets.push_back(query(qname, type, {.edns = 1232, .options = {0, 10, 0, 8, 1, 2, 3, 4, 5, 6, 7, 8}}));
        packets.push_back(query(qname, type, {.edns = 1232, .options = {0, 8, 0, 7, 0, 1, 24, 0, 192, 0, 2}}));
      }
    }
    packets.push_back(base::Bytes(5000, 0));
    packets.push_back(query("id.server.", wire::kTypeTxt, {.klass = wire::kClassChaos}));
    packets.push_back(query("a.", 1, {.flags = 0x2000}));
    packets.push_back(base::Bytes(20, 0xff));
    // Noise, bare and behind the header of a query: the same on every run.
    std::uint32_t seed = 1;
    for (std::size_t i = 0; i < 100; ++i) {
      base::Bytes noise(1 + i % 90);
      for (auto& octet : noise) {
        seed = seed * 1664525 + 1013904223;
        octet = static_cast<std::uint8_t>(seed >> 24);
      }
      const std::array<std::uint8_t, 12> header{0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, static_cast<std::uint8_t>(i % 4 / 2)};
      if (i % 2 == 0) noise.insert(noise.begin(), header.begin(), header.end());
      packets.push_back(std::move(noise));
    }
    std::size_t served = 0;
    for (const auto& packet : packets) send(packet);

    allocations = 0;
    counting = true;
    for (int turn = 0; turn < 10 && served < packets.size(); ++turn) served += socket_->serve(news_);
    counting = false;
    EXPECT_EQ(served, packets.size());
    EXPECT_EQ(allocations, 0U) << "the data plane allocated while it served a batch on " << bind;
  }
  counting = true;
  const auto* probe = new (std::nothrow) volatile int[100];
  counting = false;
  delete[] probe;
  EXPECT_EQ(allocations, 1U) << "the interposer sees allocations at all";
}

}  // namespace
