// The floor of a UDP server: gives every datagram back with QR set, by recvmmsg and sendmmsg, and does nothing else.
// usage: echo_floor ADDRESS@PORT
#include <sys/socket.h>

#include <array>
#include <cstdio>
#include <vector>

#include "base/fd.h"
#include "base/ip.h"

namespace {

constexpr unsigned kBatch = 64;
constexpr std::size_t kSize = 4096;
constexpr std::size_t kStride = kSize + 64;  // a multiple of 4096 would crowd a few cache sets

int echo(const base::SocketAddress& address) {
  const base::Fd fd(socket(address.ip.is_v6() ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_storage at{};
  const auto size = address.to_sockaddr(at);
  if (!fd || bind(fd.get(), reinterpret_cast<const sockaddr*>(&at), size) != 0) {
    std::perror(address.to_string().c_str());
    return 1;
  }
  std::vector<std::uint8_t> bytes(kBatch * kStride);
  std::array<mmsghdr, kBatch> messages{};
  std::array<iovec, kBatch> parts{};
  std::array<sockaddr_storage, kBatch> peers{};
  for (;;) {
    for (unsigned i = 0; i < kBatch; ++i) {
      parts[i] = {bytes.data() + i * kStride, kSize};
      messages[i].msg_hdr = {};
      messages[i].msg_hdr.msg_name = &peers[i];
      messages[i].msg_hdr.msg_namelen = sizeof peers[i];
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
    const int received = recvmmsg(fd.get(), messages.data(), kBatch, MSG_WAITFORONE, nullptr);
    for (int i = 0; i < received; ++i) {
      auto& message = messages[static_cast<unsigned>(i)];
      parts[static_cast<unsigned>(i)].iov_len = message.msg_len;
      if (message.msg_len > 2) static_cast<std::uint8_t*>(message.msg_hdr.msg_iov->iov_base)[2] |= 0x80;
    }
    for (int sent = 0; sent < received;) {
      const int n = sendmmsg(fd.get(), messages.data() + sent, static_cast<unsigned>(received - sent), 0);
      sent += n > 0 ? n : 1;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  const auto address = base::SocketAddress::parse(argc == 2 ? argv[1] : "");
  if (address) return echo(*address);
  std::fprintf(stderr, "usage: echo_floor ADDRESS@PORT\n");
  return 2;
}
