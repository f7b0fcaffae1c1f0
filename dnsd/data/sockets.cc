#include "dnsd/data/sockets.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace data {

namespace {

constexpr int kBacklog = 1024;
constexpr int kReceiveBuffer = 1 << 20;  // octets; the kernel may give less
constexpr int kPortAttempts = 50;

bool set(const base::Fd& fd, int level, int name, int value) {
  return setsockopt(fd.get(), level, name, &value, sizeof value) == 0;
}

base::Result<base::Fd> fault(const base::SocketAddress& address, int kind) {
  return base::fail("dns " + address.to_string() + (kind == SOCK_DGRAM ? " (udp): " : " (tcp): ") +
                    std::strerror(errno));
}

base::Result<base::Fd> open_bound(const base::SocketAddress& address, int kind, bool shared) {
  const bool v6 = address.ip.is_v6();
  base::Fd fd(socket(v6 ? AF_INET6 : AF_INET, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fault(address, kind);
  if (v6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return fault(address, kind);
  // For TCP: connections of an earlier process that still linger must not keep the port.
  if (kind == SOCK_STREAM && !set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return fault(address, kind);
  if (shared && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return fault(address, kind);
  sockaddr_storage to{};
  const socklen_t size = address.to_sockaddr(to);
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), size) != 0) return fault(address, kind);
  return fd;
}

std::uint16_t port_of(const base::Fd& fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size);
  return base::SocketAddress::from_sockaddr(at).port;
}

}  // namespace

base::Result<base::SocketAddress> settle_address(const base::SocketAddress& wanted) {
  base::SocketAddress out = wanted;
  for (int attempt = 1;; ++attempt) {
    const auto tcp = open_bound(wanted, SOCK_STREAM, false);
    if (!tcp) return tl::unexpected(tcp.error());
    out.port = port_of(*tcp);
    const auto udp = open_bound(out, SOCK_DGRAM, false);
    if (udp) return out;
    if (wanted.port != 0 || attempt == kPortAttempts) return tl::unexpected(udp.error());
  }
}

base::Result<base::Fd> open_udp(const base::SocketAddress& address) {
  auto fd = open_bound(address, SOCK_DGRAM, true);
  if (!fd) return fd;
  const bool v6 = address.ip.is_v6();
  // Best effort: both only help under load or against forged "fragmentation needed" messages.
  set(*fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  if (v6) {
    set(*fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
  } else {
    set(*fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  }
  if (address.ip.is_unspecified() && !set(*fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1)) {
    return fault(address, SOCK_DGRAM);
  }
  return fd;
}

base::Result<base::Fd> open_tcp(const base::SocketAddress& address) {
  auto fd = open_bound(address, SOCK_STREAM, true);
  if (!fd) return fd;
  set(*fd, IPPROTO_TCP, TCP_NODELAY, 1);  // inherited by accepted connections
  if (listen(fd->get(), kBacklog) != 0) return fault(address, SOCK_STREAM);
  return fd;
}

}  // namespace data
