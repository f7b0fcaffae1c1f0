// Sockets made ready: the few steps that every listener shares.
#pragma once

#include "base/fd.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/socket_bag.h"

namespace io {

// A non-blocking, close-on-exec socket of `type` (SOCK_STREAM, SOCK_DGRAM) bound to `address`; IPv6 sockets take IPv6
// only, stream sockets set SO_REUSEADDR and listen. If `given` holds a socket that is bound there, it is that one.
// Error names the address and the cause.
[[nodiscard]] base::Result<base::Fd> bind_socket(const base::SocketAddress& address, int type,
                                                 base::SocketBag* given = nullptr);

// The address that a bound socket really has. Error: not a bound IP socket.
[[nodiscard]] base::Result<base::SocketAddress> bound_address(int fd);

}  // namespace io
