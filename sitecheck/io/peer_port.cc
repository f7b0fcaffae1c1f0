#include "sitecheck/io/peer_port.h"

#include <utility>
#include <vector>

#include "base/log.h"
#include "ecv/mac.h"
#include "sitecheck/io/key_ring.h"

namespace sitecheck {

namespace {

// By address and port, else by the address alone: a party may send from another port than it listens on.
std::optional<std::size_t> path_of(const std::vector<base::SocketAddress>& paths, const base::SocketAddress& from,
                                   bool any_port) {
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (any_port ? paths[i].ip == from.ip : paths[i] == from) return i;
  }
  return std::nullopt;
}

}  // namespace

struct PeerPort::Impl {
  explicit Impl(const conf::Sitecheck& conf)
      : peers(key_ring(conf, ecv::Purpose::kPeers)), dnsd(key_ring(conf, ecv::Purpose::kDnsd)) {
    add_parties(conf);
  }
  void add_parties(const conf::Sitecheck& conf) {
    for (const auto& peer : conf.peers) parties.push_back({peer.site, peer.addr});
    for (const auto& voter : conf.arbiter.voters) parties.push_back({voter.id, voter.addr});
  }

  // A site or a witness, and where it is heard.
  struct Party {
    std::string name;
    std::vector<base::SocketAddress> paths;
  };
  struct Source {
    const Party* party;
    std::size_t path;
  };

  void receive(base::ByteView bytes, const base::SocketAddress& from);
  [[nodiscard]] std::optional<Source> source_of(const base::SocketAddress& from) const;
  [[nodiscard]] const Party* party_named(const std::string& name) const;
  [[nodiscard]] std::size_t path_from(const std::string& sender, const base::SocketAddress& from) const;

  ecv::KeyRing peers;
  ecv::KeyRing dnsd;
  std::vector<Party> parties;
  std::function<void(core::Event)> on_event;
  std::unique_ptr<io::UdpSocket> socket;
  PeerCounters counters;
};

std::optional<PeerPort::Impl::Source> PeerPort::Impl::source_of(const base::SocketAddress& from) const {
  for (const bool any_port : {false, true}) {
    for (const auto& party : parties) {
      if (const auto path = path_of(party.paths, from, any_port)) return Source{&party, *path};
    }
  }
  return std::nullopt;
}

const PeerPort::Impl::Party* PeerPort::Impl::party_named(const std::string& name) const {
  for (const auto& party : parties) {
    if (party.name == name) return &party;
  }
  return nullptr;
}

// Of a verified sender, its own path: two parties may send from one address.
std::size_t PeerPort::Impl::path_from(const std::string& sender, const base::SocketAddress& from) const {
  const Party* party = party_named(sender);
  if (party == nullptr) return 0;
  const auto path = path_of(party->paths, from, false);
  return path ? *path : path_of(party->paths, from, true).value_or(0);
}

void PeerPort::Impl::receive(base::ByteView bytes, const base::SocketAddress& from) {
  auto decoded = ecv::decode(bytes, peers);
  if (decoded.fault == ecv::DatagramFault::kNone) {
    ++counters.received;
    const auto path = path_from(decoded.datagram.from, from);
    return on_event(core::PeerDatagram{std::move(decoded.datagram), path});
  }
  auto relay = ecv::decode(bytes, dnsd);
  const bool tells = relay.datagram.relay || relay.datagram.service != ecv::ServiceView::kUnknown;
  if (relay.fault == ecv::DatagramFault::kNone && tells) {
    ++counters.relays;
    return on_event(core::RelayDatagram{std::move(relay.datagram)});
  }
  // Rule 10 looks at the paths of the parties only: whoever else sends garbage here must not inhibit anything.
  const auto source = source_of(from);
  if (!source) {
    ++counters.foreign;
    return;
  }
  ++counters.unverifiable;
  on_event(core::PeerUnverifiable{decoded.fault, source->path, source->party->name});
}

PeerPort::PeerPort(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PeerPort::~PeerPort() = default;

base::Result<std::unique_ptr<PeerPort>> PeerPort::open(base::Loop& loop, const conf::Sitecheck& conf,
                                                       std::function<void(core::Event)> on_event) {
  auto impl = std::make_unique<Impl>(conf);
  impl->on_event = std::move(on_event);
  Impl* raw = impl.get();
  // A site without a peer says nowhere where to listen: then nobody beyond this host reaches it.
  const bool told = conf.peer != base::SocketAddress{} || !conf.peers.empty() || !conf.arbiter.voters.empty();
  const auto where = told ? conf.peer : base::SocketAddress{base::IpAddress::v4({127, 0, 0, 1}), 0};
  auto socket = io::UdpSocket::bind(
      loop, where, [raw](base::ByteView bytes, const base::SocketAddress& from) { raw->receive(bytes, from); });
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
  const auto* party = impl_->party_named(datagram.to);
  if (party == nullptr) return;
  for (const auto& path : party->paths) {
    const bool sent = impl_->socket->send(path, *bytes) == io::SendOutcome::kSent;
    ++(sent ? impl_->counters.sent : impl_->counters.send_failed);
  }
}

void PeerPort::reconfigure(const conf::Sitecheck& conf) {
  impl_->peers = key_ring(conf, ecv::Purpose::kPeers);
  impl_->dnsd = key_ring(conf, ecv::Purpose::kDnsd);
  impl_->parties.clear();
  impl_->add_parties(conf);
}

const base::SocketAddress& PeerPort::address() const { return impl_->socket->address(); }
const PeerCounters& PeerPort::counters() const { return impl_->counters; }

}  // namespace sitecheck
