// A UDP socket on the event loop: datagrams between sites, and relays.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/bytes.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/socket_bag.h"
#include "base/uv.h"

namespace io {

enum class SendOutcome : std::uint8_t {
  kSent,
  kFull,    // the kernel's buffer is full: dropped, as the network might have
  kFailed,  // unreachable, no permission, too large…
};

class UdpSocket {
 public:
  // `bytes` is valid during the call only. It may send, and may destroy the socket.
  using OnDatagram = std::function<void(base::ByteView bytes, const base::SocketAddress& from)>;

  // Port 0 binds a free one. IPv6 sockets take IPv6 only. Error names the address.
  // A socket in `given` that is bound there is used as it is.
  // All that waits is received at each wake-up, until EAGAIN (protocol.md rule 8) or 4,096 datagrams, so that a flood
  // does not hold the loop. Datagrams over 2,048 bytes are dropped.
  [[nodiscard]] static base::Result<std::unique_ptr<UdpSocket>> bind(base::Loop& loop,
                                                                     const base::SocketAddress& address,
                                                                     OnDatagram on_datagram,
                                                                     base::SocketBag* given = nullptr);
  ~UdpSocket();
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;

  // The address really bound.
  [[nodiscard]] const base::SocketAddress& address() const;
  // Receives what waits now, as at a wake-up: for who must know it before a timer of his acts (rule 8).
  void drain();
  // Between them nothing is received: what comes waits in the kernel, for another process that has the socket too.
  void pause();
  void resume();
  [[nodiscard]] int descriptor() const;
  SendOutcome send(const base::SocketAddress& to, base::ByteView bytes);

 private:
  struct Impl;
  explicit UdpSocket(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
