#include "base/socket_bag.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <optional>

#include "base/text.h"

namespace base {

namespace {

constexpr int kFirst = 3;       // SD_LISTEN_FDS_START
constexpr int kMost = 1 << 16;  // more descriptors than any limit lets through

std::optional<int> number(const std::string& text) {
  int out = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
  return ec == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

// The variable's value, which is gone afterwards.
std::string take_variable(const char* name) {
  const char* value = std::getenv(name);
  std::string out = value == nullptr ? "" : value;
  ::unsetenv(name);
  return out;
}

// LISTEN_FDNAMES: names with colons between, one for each descriptor.
std::vector<std::string> split_names(const std::string& text) {
  std::vector<std::string> out(1);
  for (const char c : text) {
    if (c == ':') {
      out.emplace_back();
    } else {
      out.back() += c;
    }
  }
  return out;
}

int option(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof value;
  return ::getsockopt(fd, level, name, &value, &size) == 0 ? value : -1;
}

std::string called(const std::string& name) { return name.empty() ? "" : " (" + name + ")"; }

}  // namespace

Result<SocketBag> SocketBag::from_environment() {
  const std::string pid = take_variable("LISTEN_PID");
  const std::string count = take_variable("LISTEN_FDS");
  const auto names = split_names(take_variable("LISTEN_FDNAMES"));
  SocketBag out;
  // Meant for another process, a parent of this one: not ours (sd_listen_fds(3)).
  if (pid.empty() || count.empty() || number(pid) != ::getpid()) return out;
  const auto fds = number(count);
  if (!fds || *fds < 0 || *fds > kMost) return fail("LISTEN_FDS=" + count + " is no number of descriptors");
  for (int i = 0; i < *fds; ++i) {
    const auto at = static_cast<std::size_t>(i);
    if (auto added = out.add(Fd(kFirst + i), at < names.size() ? names[at] : ""); !added) {
      return tl::unexpected(added.error());
    }
  }
  return out;
}

Result<void> SocketBag::add(Fd fd, std::string name) {
  const std::string what = "inherited descriptor " + std::to_string(fd.get()) + called(name) + ": ";
  sockaddr_storage at{};
  socklen_t size = sizeof at;
  if (::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&at), &size) != 0) return fail(what + std::strerror(errno));
  Entry entry;
  entry.type = option(fd.get(), SOL_SOCKET, SO_TYPE);
  entry.name = std::move(name);
  if (entry.type == SOCK_STREAM && option(fd.get(), SOL_SOCKET, SO_ACCEPTCONN) != 1) {
    return fail(what + "a stream socket that does not listen (with systemd: Accept=no)");
  }
  if (at.ss_family == AF_UNIX && entry.type == SOCK_STREAM) {
    sockaddr_un where{};
    std::memcpy(&where, &at, sizeof where);
    const auto room = static_cast<std::size_t>(size) - std::min<std::size_t>(size, offsetof(sockaddr_un, sun_path));
    entry.path = std::string(where.sun_path, ::strnlen(where.sun_path, room));
  } else if ((at.ss_family == AF_INET || at.ss_family == AF_INET6) &&
             (entry.type == SOCK_STREAM || entry.type == SOCK_DGRAM)) {
    entry.address = SocketAddress::from_sockaddr(at);
    entry.dual = at.ss_family == AF_INET6 && option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY) == 0;
  } else {
    return fail(what + "neither UDP, nor TCP, nor a Unix stream socket");
  }
  // Another process may have the socket too and wait in its calls, as UDP workers do: who uses a datagram socket sets
  // that himself. Who accepts never waits.
  const int flags = ::fcntl(fd.get(), F_GETFL);
  const bool changed = entry.type != SOCK_STREAM || ::fcntl(fd.get(), F_SETFL, flags | O_NONBLOCK) == 0;
  if (flags < 0 || !changed || ::fcntl(fd.get(), F_SETFD, FD_CLOEXEC) != 0) return fail(what + std::strerror(errno));
  entry.fd = std::move(fd);
  sockets_.push_back(std::move(entry));
  return {};
}

std::vector<Fd> SocketBag::take(int type, const SocketAddress& address) {
  std::vector<Fd> out;
  for (Entry& entry : sockets_) {
    if (entry.path.empty() && entry.type == type && entry.address == address) out.push_back(std::move(entry.fd));
  }
  std::erase_if(sockets_, [](const Entry& entry) { return !entry.fd; });
  return out;
}

bool SocketBag::covers(int type, const SocketAddress& address) const {
  if (address.ip != IpAddress()) return false;
  return std::any_of(sockets_.begin(), sockets_.end(), [&](const Entry& entry) {
    return entry.dual && entry.type == type && entry.address.ip.is_unspecified() && entry.address.port == address.port;
  });
}

Fd SocketBag::take(const std::filesystem::path& path) {
  const auto at = std::find_if(sockets_.begin(), sockets_.end(),
                               [&](const Entry& entry) { return !entry.path.empty() && entry.path == path; });
  if (at == sockets_.end()) return {};
  Fd out = std::move(at->fd);
  sockets_.erase(at);
  return out;
}

std::vector<std::string> SocketBag::left() const {
  std::vector<std::string> out;
  for (const Entry& entry : sockets_) {
    const std::string kind = !entry.path.empty() ? "unix " : entry.type == SOCK_DGRAM ? "udp " : "tcp ";
    out.push_back(kind + (entry.path.empty() ? entry.address.to_string() : entry.path.string()) + called(entry.name));
  }
  return out;
}

}  // namespace base
