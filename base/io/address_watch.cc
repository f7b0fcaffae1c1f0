#include "base/io/address_watch.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

namespace io {

base::Result<std::unique_ptr<AddressWatch>> AddressWatch::open(base::Loop& loop, std::function<void()> on_change) {
  base::Fd fd(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE));
  sockaddr_nl groups{};
  groups.nl_family = AF_NETLINK;
  groups.nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR;
  if (!fd || ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&groups), sizeof groups) != 0) {
    return base::fail(std::string("changes of addresses cannot be watched: ") + std::strerror(errno));
  }
  return std::unique_ptr<AddressWatch>(new AddressWatch(loop, std::move(fd), std::move(on_change)));
}

AddressWatch::AddressWatch(base::Loop& loop, base::Fd fd, std::function<void()> on_change)
    : fd_(std::move(fd)), on_change_(std::move(on_change)), poll_(loop, fd_.get(), [this](int, int) { drain(); }) {
  poll_.start(base::Poll::kReadable);
}

// What changed is not read: the caller looks for himself. ENOBUFS says that notices were lost, which is one too.
void AddressWatch::drain() {
  std::array<char, 8192> buffer{};
  for (;;) {
    const auto got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && errno != EINTR && errno != ENOBUFS) break;
  }
  on_change_();
}

}  // namespace io
