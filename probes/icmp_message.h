// Echo requests and replies (RFC 792, RFC 4443 section 4). Pure; what came in passes the bounds-checked reader.
#pragma once

#include <cstdint>

#include "base/bytes.h"

namespace probes {

struct Echo {
  bool v6 = false;
  std::uint16_t id = 0;
  std::uint16_t sequence = 0;
  std::uint64_t nonce = 0;  // the data: a reply must bring it back
};

// With the checksum of ICMP; that of ICMPv6 is the kernel's to fill in (RFC 3542 section 3.1).
[[nodiscard]] base::Bytes write_echo(const Echo& echo);

// `with_ip_header`: as a raw IPv4 socket gives it. `any_id`: a datagram socket, whose id is the kernel's.
[[nodiscard]] bool is_reply(base::ByteView message, const Echo& echo, bool with_ip_header, bool any_id);

}  // namespace probes
