// Makes the listening sockets of the name server.
#pragma once

#include "base/fd.h"
#include "base/ip.h"
#include "base/result.h"

namespace data {

// The address with its port settled: port 0 becomes one that is free for UDP and TCP alike. A taken address is an
// error here, since SO_REUSEPORT would let two servers of one user share it without a word.
[[nodiscard]] base::Result<base::SocketAddress> settle_address(const base::SocketAddress& wanted);

// Bound, non-blocking, close-on-exec, SO_REUSEPORT. A wildcard address gets packet information on every datagram.
// Errors name the address, the transport and the reason.
[[nodiscard]] base::Result<base::Fd> open_udp(const base::SocketAddress& address);
// Listening besides.
[[nodiscard]] base::Result<base::Fd> open_tcp(const base::SocketAddress& address);

}  // namespace data
