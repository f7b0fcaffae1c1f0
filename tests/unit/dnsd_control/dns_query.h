// A question over UDP to a server on loopback, and what of its answer the tests of control look at.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/fd.h"
#include "base/ip.h"
#include "zones/wire/name.h"

namespace control::test {

struct DnsAnswer {
  int rcode = -1;  // -1: no answer within two seconds
  std::vector<std::string> addresses;
  std::uint32_t ttl_s = 0;  // of the last address
};

inline base::Bytes question(const std::string& name, std::uint16_t type) {
  base::ByteWriter out;
  for (const int v : {0x1234, 0, 1, 0, 0, 0}) out.u16(static_cast<std::uint16_t>(v));
  out.bytes(wire::Name::parse(name)->wire());
  out.u16(type);
  out.u16(wire::kClassIn);
  return out.take();
}

// Reads the answer section of a response whose owners are pointers.
inline DnsAnswer read_answer(base::ByteView bytes, std::size_t question_size) {
  DnsAnswer out;
  base::ByteReader in(bytes);
  in.u16();
  out.rcode = in.u16() & 15;
  in.u16();
  const int count = in.u16();
  in.bytes(4 + question_size - 12);
  for (int i = 0; i < count && in.ok(); ++i) {
    in.u16();
    const int type = in.u16();
    in.u16();
    out.ttl_s = in.u32();
    const base::ByteView data = in.bytes16();
    if (type == wire::kTypeA && data.size() == 4) {
      out.addresses.push_back(base::IpAddress::v4({data[0], data[1], data[2], data[3]}).to_string());
    } else if (type == wire::kTypeAaaa && data.size() == 16) {
      std::array<std::uint8_t, 16> v6{};
      std::copy(data.begin(), data.end(), v6.begin());
      out.addresses.push_back(base::IpAddress::v6(v6).to_string());
    }
  }
  return out;
}

inline DnsAnswer ask_dns(const base::SocketAddress& server, const std::string& name, std::uint16_t type) {
  const base::Bytes query = question(name, type);
  sockaddr_storage to{};
  const socklen_t size = server.to_sockaddr(to);
  const base::Fd fd(::socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&to), size) != 0) return {};
  if (::send(fd.get(), query.data(), query.size(), 0) < 0) return {};
  pollfd wait{fd.get(), POLLIN, 0};
  if (::poll(&wait, 1, 2000) != 1) return {};
  std::array<std::uint8_t, 4096> buffer{};
  const ssize_t got = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  if (got < 12) return {};
  return read_answer(base::ByteView(buffer).first(static_cast<std::size_t>(got)), query.size());
}

}  // namespace control::test
