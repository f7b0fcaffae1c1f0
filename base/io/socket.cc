#include "base/io/socket.h"

#include <netinet/in.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

namespace io {

namespace {

tl::unexpected<base::Error> fail_errno(const std::string& what, const base::SocketAddress& address) {
  return base::fail(what + " " + address.to_string() + ": " + std::strerror(errno));
}

}  // namespace

base::Result<base::Fd> bind_socket(const base::SocketAddress& address, int type, base::SocketBag* given) {
  if (given != nullptr) {
    if (auto found = given->take(type, address); !found.empty()) return std::move(found.front());
  }
  sockaddr_storage where{};
  const socklen_t length = address.to_sockaddr(where);
  base::Fd fd(::socket(where.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fail_errno("cannot make a socket for", address);
  const int on = 1;
  if (address.ip.is_v6() && ::setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0) {
    return fail_errno("cannot prepare a socket for", address);
  }
  if (type == SOCK_STREAM && ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0) {
    return fail_errno("cannot prepare a socket for", address);
  }
  if (::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), length) != 0) {
    return fail_errno("cannot bind", address);
  }
  if (type == SOCK_STREAM && ::listen(fd.get(), SOMAXCONN) != 0) return fail_errno("cannot listen at", address);
  return fd;
}

base::Result<base::SocketAddress> bound_address(int fd) {
  sockaddr_storage where{};
  socklen_t length = sizeof where;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &length) != 0) {
    return base::fail(std::string("cannot read the address of a socket: ") + std::strerror(errno));
  }
  if (where.ss_family != AF_INET && where.ss_family != AF_INET6) return base::fail("not an IP socket");
  return base::SocketAddress::from_sockaddr(where);
}

}  // namespace io
