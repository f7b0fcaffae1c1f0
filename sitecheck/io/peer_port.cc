#include "sitecheck/io/peer_port.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "ecv/mac.h"
#include "sitecheck/io/key_ring.h"

namespace sitecheck {

struct PeerPort::Impl {
  explicit Impl(const conf::Sitecheck& conf)
      : peers(key_ring(conf, ecv::Purpose::kPeers)), dnsd(key_ring(conf, ecv::Purpose::kDnsd)) {
    if (!conf.peers.empty()) paths = conf.peers.front().addr;
  }

  void receive(base::ByteView bytes, const base::SocketAddress& from);
  [[nodiscard]] std::optional<std::size_t> path_of(const base::SocketAddress& from) const;

  ecv::KeyRing peers;
  ecv::KeyRing dnsd;
  std::vector<base::SocketAddress> paths;
  std::function<void(core::Event)> on_event;
  std::unique_ptr<io::UdpSocket> socket;
  PeerCounters counters;
};

// By address and port, else by the address alone: a peer may send from another port than it listens on.
std::optional<std::size_t> PeerPort::Impl::path_of(const base::SocketAddress& from) const {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i] == from) return i;
  }
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].ip == from.ip) return i;
  }
  return std::nullopt;
}

void PeerPort::Impl::receive(base::ByteView bytes, const base::SocketAddress& from) {
  const auto path = path_of(from);
  auto decoded = ecv::decode(bytes, peers);
  if (decoded.fault == ecv::DatagramFault::kNone) {
    ++counters.received;
    return on_event(core::PeerDatagram{std::move(decoded.datagram), path.value_or(0)});
  }
  auto relay = ecv::decode(bytes, dnsd);
  if (relay.fault == ecv::DatagramFault::kNone && relay.datagram.relay) {
    ++counters.relays;
    return on_event(core::RelayDatagram{std::move(relay.datagram)});
  }
  // Rule 10 looks at the peer's paths only: whoever else sends garbage here must not inhibit anything.
  if (!path) {
    ++counters.foreign;
    return;
  }
  ++counters.unverifiable;
  on_event(core::PeerUnverifiable{decoded.fault, *path});
}

PeerPort::PeerPort(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerPort::~PeerPort() = default;

base::Result<std::unique_ptr<PeerPort>> PeerPort::open(base::Loop& loop, const conf::Sitecheck& conf,
                                                       std::function<void(core::Event)> on_event) {
  auto impl = std::make_unique<Impl>(conf);
  impl->on_event = std::move(on_event);
  Impl* raw = impl.get();
  auto socket = io::UdpSocket::bind(
      loop, conf.peer, [raw](base::ByteView bytes, const base::SocketAddress& from) { raw->receive(bytes, from); });
  if (!socket) return base::fail(socket.error().message);
  impl->socket = std::move(*socket);
  return std::unique_ptr<PeerPort>(new PeerPort(std::move(impl)));
}

void PeerPort::send(const ecv::Datagram& datagram) {
  const ecv::Key* key = impl_->peers.signer();
  if (key == nullptr) return;  // `check` refuses a peer without a key
  const auto bytes = ecv::encode(datagram, *key);
  if (!bytes) {
    base::log(base::Level::kError, "peer.encode", bytes.error().message, {{"pool", datagram.pool}});
    return;
  }
  for (const auto& path : impl_->paths) {
    const bool sent = impl_->socket->send(path, *bytes) == io::SendOutcome::kSent;
    ++(sent ? impl_->counters.sent : impl_->counters.send_failed);
  }
}

const base::SocketAddress& PeerPort::address() const { return impl_->socket->address(); }
const PeerCounters& PeerPort::counters() const { return impl_->counters; }

}  // namespace sitecheck
