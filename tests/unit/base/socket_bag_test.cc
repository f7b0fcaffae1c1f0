#include "base/socket_bag.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

namespace {

using base::Fd;
using base::SocketAddress;
using base::SocketBag;

SocketAddress loopback(std::uint16_t port = 0) { return {base::IpAddress::v4({127, 0, 0, 1}), port}; }

SocketAddress bound(const Fd& fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size), 0);
  return SocketAddress::from_sockaddr(at);
}

Fd open(int type, const SocketAddress& address, bool dual = false) {
  Fd fd(::socket(address.ip.is_v6() ? AF_INET6 : AF_INET, type, 0));
  const int only = dual ? 0 : 1;
  if (address.ip.is_v6()) ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
  sockaddr_storage at{};
  const auto size = address.to_sockaddr(at);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), size), 0);
  EXPECT_TRUE(type != SOCK_STREAM || ::listen(fd.get(), 1) == 0);
  return fd;
}

TEST(SocketBag, GivesEachSocketToWhoAsksForItsAddressAndKind) {
  SocketBag bag;
  Fd udp = open(SOCK_DGRAM, loopback());
  Fd tcp = open(SOCK_STREAM, loopback());
  const auto udp_at = bound(udp);
  const auto tcp_at = bound(tcp);
  ASSERT_TRUE(bag.add(std::move(udp), "dns"));
  ASSERT_TRUE(bag.add(std::move(tcp)));
  EXPECT_TRUE(bag.take(SOCK_STREAM, {udp_at.ip, static_cast<std::uint16_t>(udp_at.port ^ 1)}).empty());
  EXPECT_EQ(bag.left(),
            (std::vector<std::string>{"udp " + udp_at.to_string() + " (dns)", "tcp " + tcp_at.to_string()}));
  const auto found = bag.take(SOCK_DGRAM, udp_at);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(bound(found[0]), udp_at);
  EXPECT_TRUE(bag.take(SOCK_DGRAM, udp_at).empty()) << "it was given away";
  const auto listener = bag.take(SOCK_STREAM, tcp_at);
  ASSERT_EQ(listener.size(), 1U);
  EXPECT_NE(::fcntl(listener[0].get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(listener[0].get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_TRUE(bag.empty());
}

TEST(SocketBag, SeveralSocketsOfOneAddressGoTogether) {
  SocketBag bag;
  Fd first(::socket(AF_INET, SOCK_DGRAM, 0));
  const int on = 1;
  ::setsockopt(first.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  sockaddr_storage at{};
  const auto size = loopback().to_sockaddr(at);
  ASSERT_EQ(::bind(first.get(), reinterpret_cast<const sockaddr*>(&at), size), 0);
  const auto address = bound(first);
  Fd second(::dup(first.get()));
  ASSERT_TRUE(bag.add(std::move(first)));
  ASSERT_TRUE(bag.add(std::move(second)));
  EXPECT_EQ(bag.take(SOCK_DGRAM, address).size(), 2U);
}

TEST(SocketBag, KnowsASocketOfBothFamilies) {
  SocketBag bag;
  Fd dual = open(SOCK_DGRAM, {base::IpAddress::v6({}), 0}, true);
  const auto at = bound(dual);
  ASSERT_TRUE(bag.add(std::move(dual)));
  EXPECT_TRUE(bag.covers(SOCK_DGRAM, {base::IpAddress(), at.port}));
  EXPECT_FALSE(bag.covers(SOCK_STREAM, {base::IpAddress(), at.port}));
  EXPECT_FALSE(bag.covers(SOCK_DGRAM, loopback(at.port)));
}

TEST(SocketBag, FindsAUnixSocketByItsPath) {
  std::string folder = "/tmp/wideip-bag-XXXXXX";
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const std::string path = folder + "/control";
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  std::strncpy(where.sun_path, path.c_str(), sizeof where.sun_path - 1);
  Fd fd(::socket(AF_UNIX, SOCK_STREAM, 0));
  ASSERT_EQ(::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where), 0);
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  SocketBag bag;
  ASSERT_TRUE(bag.add(std::move(fd)));
  EXPECT_FALSE(bag.take("/elsewhere"));
  EXPECT_TRUE(bag.take(path));
  EXPECT_TRUE(bag.empty());
  ::unlink(path.c_str());
  ::rmdir(folder.c_str());
}

TEST(SocketBag, RefusesWhatNobodyCouldServe) {
  SocketBag bag;
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  const Fd other(pair[1]);
  const auto connected = bag.add(Fd(pair[0]), "x");
  ASSERT_FALSE(connected);
  EXPECT_NE(connected.error().message.find("(x): a stream socket that does not listen"), std::string::npos);
  EXPECT_FALSE(bag.add(Fd(::open("/dev/null", O_RDONLY))));
  EXPECT_TRUE(bag.empty());
}

TEST(SocketBag, TheEnvironmentOfAnotherProcessIsNotOurs) {
  ::setenv("LISTEN_PID", "1", 1);
  ::setenv("LISTEN_FDS", "3", 1);
  const auto bag = SocketBag::from_environment();
  ASSERT_TRUE(bag);
  EXPECT_TRUE(bag->empty());
  EXPECT_EQ(std::getenv("LISTEN_FDS"), nullptr) << "no child may take them for its own";
}

TEST(SocketBag, ANumberOfDescriptorsThatIsNoneIsAnError) {
  ::setenv("LISTEN_PID", std::to_string(::getpid()).c_str(), 1);
  ::setenv("LISTEN_FDS", "many", 1);
  EXPECT_FALSE(SocketBag::from_environment());
}

}  // namespace
