// Ports for servers that tests start and that must be told theirs.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>

namespace testing_support {

namespace detail {

// True if nobody listens at `port`, on any address.
inline bool port_is_free(int type, std::uint16_t port) {
  const int fd = ::socket(AF_INET, type | SOCK_CLOEXEC, 0);
  const int on = 1;
  if (type == SOCK_STREAM) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_port = htons(port);
  const bool free =
      ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0 && (type != SOCK_STREAM || ::listen(fd, 1) == 0);
  ::close(fd);
  return free;
}

// Keeps `port` from every other test of this machine until this program ends: what reserves is a name among the
// abstract Unix sockets, the one that contrib/cluster/net.py uses.
inline bool reserve_port(std::uint16_t port) {
  const std::string name = "wideip-cluster-port-" + std::to_string(port);
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path + 1, name.data(), name.size());
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + 1 + name.size());
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&at), size) == 0) return true;
  ::close(fd);
  return false;
}

}  // namespace detail

// A port that is free for TCP and UDP, from below the range that the kernel gives to outgoing connections, so that
// none of those takes it meanwhile. No two calls give the same, in no two programs.
inline std::uint16_t free_port() {
  static std::minstd_rand random(std::random_device{}());
  std::uniform_int_distribution<std::uint16_t> ports(15000, 31999);
  for (int i = 0; i < 1000; ++i) {
    const std::uint16_t port = ports(random);
    if (detail::port_is_free(SOCK_STREAM, port) && detail::port_is_free(SOCK_DGRAM, port) &&
        detail::reserve_port(port)) {
      return port;
    }
  }
  throw std::runtime_error("no free port found");
}

}  // namespace testing_support
