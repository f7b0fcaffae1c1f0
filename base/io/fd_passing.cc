#include "base/io/fd_passing.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace io {

namespace {

constexpr std::size_t kMostAtOnce = 200;  // the kernel's limit is 253 (SCM_MAX_FD)
constexpr std::size_t kLongestLine = 65536;
constexpr std::size_t kRoom = CMSG_SPACE(kMostAtOnce * sizeof(int));

struct alignas(cmsghdr) Control {
  std::array<char, kRoom> bytes;
};

bool send_all(int connection, std::string_view text) {
  while (!text.empty()) {
    const auto n = ::send(connection, text.data(), text.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(n));
  }
  return true;
}

// One octet carries each batch: a stream keeps the two together, and octets of several batches apart (unix(7)).
bool send_batch(int connection, std::span<const int> fds) {
  Control control{};
  char octet = 'F';
  iovec part{&octet, 1};
  msghdr head{};
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  head.msg_control = control.bytes.data();
  head.msg_controllen = CMSG_SPACE(fds.size_bytes());
  cmsghdr* rights = CMSG_FIRSTHDR(&head);
  rights->cmsg_level = SOL_SOCKET;
  rights->cmsg_type = SCM_RIGHTS;
  rights->cmsg_len = CMSG_LEN(fds.size_bytes());
  std::memcpy(CMSG_DATA(rights), fds.data(), fds.size_bytes());
  for (;;) {
    const auto n = ::sendmsg(connection, &head, MSG_NOSIGNAL);
    if (n >= 0 || errno != EINTR) return n == 1;
  }
}

bool receive_batch(int connection, std::vector<base::Fd>& out) {
  Control control{};
  char octet = 0;
  iovec part{&octet, 1};
  msghdr head{};
  head.msg_iov = &part;
  head.msg_iovlen = 1;
  head.msg_control = control.bytes.data();
  head.msg_controllen = control.bytes.size();
  ssize_t n = 0;
  do {
    n = ::recvmsg(connection, &head, MSG_CMSG_CLOEXEC);
  } while (n < 0 && errno == EINTR);
  if (n != 1) return false;
  bool any = false;
  for (cmsghdr* each = CMSG_FIRSTHDR(&head); each != nullptr; each = CMSG_NXTHDR(&head, each)) {
    if (each->cmsg_level != SOL_SOCKET || each->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (each->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(each) + i * sizeof fd, sizeof fd);
      out.emplace_back(fd);
      any = true;
    }
  }
  return any && (head.msg_flags & MSG_CTRUNC) == 0;
}

}  // namespace

base::Result<void> send_descriptors(int connection, std::string_view line, std::span<const int> fds) {
  bool sent = send_all(connection, std::string(line) + "\n");
  for (std::size_t at = 0; sent && at < fds.size(); at += kMostAtOnce) {
    sent = send_batch(connection, fds.subspan(at, std::min(kMostAtOnce, fds.size() - at)));
  }
  if (!sent) return base::fail(std::string("the descriptors cannot be handed over: ") + std::strerror(errno));
  return {};
}

base::Result<Received> receive_descriptors(int connection, std::size_t (*count)(std::string_view line)) {
  Received out;
  // Octet by octet: what comes behind the line must be received with its descriptors.
  for (char octet = 0;;) {
    const auto n = ::recv(connection, &octet, 1, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return base::fail(errno == EAGAIN ? "no answer in time" : std::strerror(errno));
    if (n == 0) return base::fail("the connection was closed");
    if (octet == '\n') break;
    out.line += octet;
    if (out.line.size() > kLongestLine) return base::fail("the answer is none");
  }
  const std::size_t wanted = count(out.line);
  while (out.fds.size() < wanted) {
    if (!receive_batch(connection, out.fds)) return base::fail("not all descriptors have come");
  }
  return out;
}

}  // namespace io
