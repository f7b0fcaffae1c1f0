// Makes the listening sockets of the name server.
#pragma once

#include "base/fd.h"
#include "base/ip.h"
#include "base/result.h"

namespace data {

// Whether an address that no interface of this host has may be bound all the same (ip(7) IP_FREEBIND).
enum class Absent : bool { kRefuse, kBind };

// The address with its port settled: port 0 becomes one that is free for UDP and TCP alike. A taken address is an
// error here, since SO_REUSEPORT would let two servers of one user share it without a word.
[[nodiscard]] base::Result<base::SocketAddress> settle_address(const base::SocketAddress& wanted,
                                                               Absent absent = Absent::kRefuse);

// Bound, non-blocking, close-on-exec, SO_REUSEPORT. A wildcard address gets packet information on every datagram.
// Errors name the address, the transport and the reason.
[[nodiscard]] base::Result<base::Fd> open_udp(const base::SocketAddress& address, Absent absent = Absent::kRefuse);
// Listening besides.
[[nodiscard]] base::Result<base::Fd> open_tcp(const base::SocketAddress& address, Absent absent = Absent::kRefuse);

// What open_udp and open_tcp set, for a socket that somebody else bound to `address`.
[[nodiscard]] base::Result<void> prepare_udp(const base::Fd& fd, const base::SocketAddress& address);
[[nodiscard]] base::Result<void> prepare_tcp(const base::Fd& fd, const base::SocketAddress& address);

// An interface of this host has the address, or a local route leads to it; true of a wildcard.
[[nodiscard]] bool is_present(const base::IpAddress& ip);

}  // namespace data
