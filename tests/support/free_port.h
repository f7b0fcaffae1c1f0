// Ports for servers that tests start and that must be told theirs.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <set>

namespace testing_support {

// A port of 127.0.0.1 that nobody holds now. No two calls of one program give the same.
inline std::uint16_t free_port() {
  static std::set<std::uint16_t> given;
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at);
  socklen_t size = sizeof at;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  ::close(fd);
  const std::uint16_t port = ntohs(at.sin_port);
  return given.insert(port).second ? port : free_port();
}

}  // namespace testing_support
