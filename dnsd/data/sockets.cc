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

base::Error error_of(const base::SocketAddress& address, int kind) {
  return {"dns " + address.to_string() + (kind == SOCK_DGRAM ? " (udp): " : " (tcp): ") + std::strerror(errno)};
}
tl::unexpected<base::Error> fault(const base::SocketAddress& address, int kind) {
  return tl::unexpected(error_of(address, kind));
}

// Binds; an address that this host does not have only with `absent`.
bool bind_to(const base::Fd& fd, const base::SocketAddress& address, Absent absent) {
  sockaddr_storage to{};
  const socklen_t size = address.to_sockaddr(to);
  const auto attempt = [&] { return bind(fd.get(), reinterpret_cast<const sockaddr*>(&to), size) == 0; };
  if (attempt()) return true;
  if (errno != EADDRNOTAVAIL || absent == Absent::kRefuse) return false;
  const bool freed = address.ip.is_v6() ? set(fd, IPPROTO_IPV6, IPV6_FREEBIND, 1) : set(fd, IPPROTO_IP, IP_FREEBIND, 1);
  return freed && attempt();
}

base::Result<base::Fd> open_bound(const base::SocketAddress& address, int kind, bool shared, Absent absent) {
  const bool v6 = address.ip.is_v6();
  base::Fd fd(socket(v6 ? AF_INET6 : AF_INET, kind | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fault(address, kind);
  if (v6 && !set(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1)) return fault(address, kind);
  // For TCP: connections of an earlier process that still linger must not keep the port.
  if (kind == SOCK_STREAM && !set(fd, SOL_SOCKET, SO_REUSEADDR, 1)) return fault(address, kind);
  if (shared && !set(fd, SOL_SOCKET, SO_REUSEPORT, 1)) return fault(address, kind);
  if (!bind_to(fd, address, absent)) return fault(address, kind);
  return fd;
}

std::uint16_t port_of(const base::Fd& fd) {
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size);
  return base::SocketAddress::from_sockaddr(at).port;
}

}  // namespace

base::Result<base::SocketAddress> settle_address(const base::SocketAddress& wanted, Absent absent) {
  base::SocketAddress out = wanted;
  for (int attempt = 1;; ++attempt) {
    const auto tcp = open_bound(wanted, SOCK_STREAM, false, absent);
    if (!tcp) return tl::unexpected(tcp.error());
    out.port = port_of(*tcp);
    const auto udp = open_bound(out, SOCK_DGRAM, false, absent);
    if (udp) return out;
    if (wanted.port != 0 || attempt == kPortAttempts) return tl::unexpected(udp.error());
  }
}

base::Result<void> prepare_udp(const base::Fd& fd, const base::SocketAddress& address) {
  const bool v6 = address.ip.is_v6();
  // Best effort: both only help under load or against forged "fragmentation needed" messages.
  set(fd, SOL_SOCKET, SO_RCVBUF, kReceiveBuffer);
  if (v6) {
    set(fd, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_OMIT);
  } else {
    set(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_OMIT);
  }
  if (address.ip.is_unspecified() && !set(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, 1)) {
    return fault(address, SOCK_DGRAM);
  }
  return {};
}

base::Result<void> prepare_tcp(const base::Fd& fd, const base::SocketAddress& address) {
  set(fd, IPPROTO_TCP, TCP_NODELAY, 1);  // inherited by accepted connections
  if (listen(fd.get(), kBacklog) != 0) return fault(address, SOCK_STREAM);
  return {};
}

base::Result<base::Fd> open_udp(const base::SocketAddress& address, Absent absent) {
  auto fd = open_bound(address, SOCK_DGRAM, true, absent);
  if (!fd) return fd;
  if (auto prepared = prepare_udp(*fd, address); !prepared) return tl::unexpected(prepared.error());
  return fd;
}

base::Result<base::Fd> open_tcp(const base::SocketAddress& address, Absent absent) {
  auto fd = open_bound(address, SOCK_STREAM, true, absent);
  if (!fd) return fd;
  if (auto prepared = prepare_tcp(*fd, address); !prepared) return tl::unexpected(prepared.error());
  return fd;
}

bool is_present(const base::IpAddress& ip) {
  return open_bound({ip, 0}, SOCK_DGRAM, false, Absent::kRefuse).has_value();
}

}  // namespace data
