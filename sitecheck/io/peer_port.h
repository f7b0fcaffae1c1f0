// The peer port: signed datagrams to and from the other sites and the witnesses on every configured path, and relays of
// dnsd. What arrives is verified and classified here; the core judges its content (protocol.md section 8).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/io/udp.h"
#include "base/result.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "ecv/datagram.h"
#include "sitecheck/core/events.h"

namespace sitecheck {

struct PeerCounters {
  std::uint64_t sent = 0;
  std::uint64_t send_failed = 0;
  std::uint64_t received = 0;      // verified, of a site or a witness
  std::uint64_t relays = 0;        // verified, of a dnsd
  std::uint64_t unverifiable = 0;  // from a path of one of them
  std::uint64_t foreign = 0;       // from elsewhere: dropped
};

class PeerPort {
 public:
  // Error names the address. `on_event` gets PeerDatagram, PeerUnverifiable and RelayDatagram, from the loop.
  [[nodiscard]] static base::Result<std::unique_ptr<PeerPort>> open(base::Loop& loop, const conf::Sitecheck& conf,
                                                                    std::function<void(core::Event)> on_event);
  ~PeerPort();
  PeerPort(const PeerPort&) = delete;
  PeerPort& operator=(const PeerPort&) = delete;

  // Takes over keys and paths, not the address that it listens on.
  void reconfigure(const conf::Sitecheck& conf);
  // Signs and sends on every path of the party that `datagram.to` names.
  void send(const ecv::Datagram& datagram);
  [[nodiscard]] const base::SocketAddress& address() const;
  [[nodiscard]] const PeerCounters& counters() const;

 private:
  struct Impl;
  explicit PeerPort(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
