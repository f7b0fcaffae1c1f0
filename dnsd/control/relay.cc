#include "dnsd/control/relay.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "dnsd/control/random.h"

namespace control {

namespace {

const conf::EcvSite* find_site(const conf::Dnsd& config, const std::string& name) {
  const auto at = std::find_if(config.sites.begin(), config.sites.end(),
                               [&](const conf::EcvSite& site) { return site.name == name; });
  return at == config.sites.end() ? nullptr : &*at;
}

std::string_view words(ecv::DatagramFault fault) {
  switch (fault) {
    case ecv::DatagramFault::kTruncated: return "cut off";
    case ecv::DatagramFault::kMalformed: return "no datagram of wideip";
    case ecv::DatagramFault::kVersion: return "of another protocol version";
    case ecv::DatagramFault::kUnknownKey: return "signed with a key that is not known here";
    case ecv::DatagramFault::kMismatch: return "its signature does not match";
    case ecv::DatagramFault::kNone: break;
  }
  return "not to be verified";
}

}  // namespace

std::map<decide::MemberId, std::vector<Listener>> listeners(const conf::Dnsd& config) {
  std::map<decide::MemberId, std::vector<Listener>> out;
  const auto add = [&](const conf::Member& about, const conf::Member& to) {
    const conf::EcvSite* site = find_site(config, to.site);
    if (about.site.empty() || about.site == to.site || site == nullptr || site->peer.empty()) return;
    auto& known = out[{about.site, about.pool}];
    const decide::MemberId id{to.site, to.pool};
    if (std::any_of(known.begin(), known.end(), [&](const Listener& l) { return l.id == id; })) return;
    known.push_back({id, site->peer});
  };
  for (const conf::WideIp& wideip : config.wideips) {
    for (const conf::Member& about : wideip.members) {
      for (const conf::Member& to : wideip.members) add(about, to);
    }
  }
  return out;
}

std::optional<ecv::Relay> to_relay(const decide::Claim& claim, ecv::Epoch highest, base::Instant now) {
  if (claim.state != ecv::PoolState::kActive || claim.lease_end() <= now) return std::nullopt;
  if (claim.epoch.counter() == 0 || claim.epoch.counter() < highest.counter()) return std::nullopt;
  // Aged from the send of our request: the site was ACTIVE at some moment after it, at no known one.
  const std::int64_t age =
      std::clamp<std::int64_t>(base::to_ms(now - claim.asked), 0, std::numeric_limits<std::int32_t>::max());
  return ecv::Relay{claim.epoch.site_id(), claim.epoch, static_cast<std::uint32_t>(age)};
}

Relayer::Relayer(std::string id, const ecv::KeyRing& keys) : id_(std::move(id)), keys_(keys), boot_id_(random_u64()) {}

void Relayer::send(io::UdpSocket& socket, const HealthTable& health, const Ledger& ledger, const ServiceOf& service,
                   base::Instant now) {
  const ecv::Key* key = keys_.signer();
  if (key == nullptr) return;
  std::map<decide::MemberId, const Listener*> untold;
  for (const auto& [about, to] : listeners_) {
    for (const Listener& listener : to) untold.emplace(listener.id, &listener);
  }
  for (const auto& [about, to] : listeners_) {
    const MemberHealth* member = health.find(about);
    if (member == nullptr || !member->claim) continue;
    const auto relay = to_relay(*member->claim, ledger.highest(about), now);
    if (!relay) continue;
    for (const Listener& listener : to) {
      tell(socket, listener, *relay, service(listener.id), *key);
      untold.erase(listener.id);
    }
  }
  for (const auto& [id, listener] : untold) {
    if (const auto found = service(id); found != ecv::ServiceView::kUnknown) {
      tell(socket, *listener, std::nullopt, found, *key);
    }
  }
}

void Relayer::tell(io::UdpSocket& socket, const Listener& listener, const std::optional<ecv::Relay>& relay,
                   ecv::ServiceView service, const ecv::Key& key) {
  ecv::Datagram datagram;
  datagram.pool = listener.id.pool;
  datagram.from = id_;
  datagram.to = listener.id.site;
  datagram.boot_id = boot_id_;
  datagram.nonce = random_u64();
  if (const auto heard = heard_nonces_.find(listener.id); heard != heard_nonces_.end()) datagram.echo = heard->second;
  datagram.relay = relay;
  datagram.service = service;
  for (const base::SocketAddress& path : listener.paths) {
    datagram.seq = ++seq_;
    const auto bytes = ecv::encode(datagram, key);
    if (!bytes || socket.send(path, *bytes) != io::SendOutcome::kSent) {
      ++counters_.send_failed;
    } else {
      ++counters_.sent;
    }
  }
}

void Relayer::refuse(std::string_view why) {
  ++counters_.unverified;
  ++counters_.refused[std::string(why)];
}

void Relayer::receive(base::ByteView bytes) {
  const ecv::Decoded decoded = ecv::decode(bytes, keys_);
  if (decoded.fault != ecv::DatagramFault::kNone) return refuse(words(decoded.fault));
  if (decoded.datagram.to != id_) return refuse("for another server");
  const decide::MemberId from{decoded.datagram.from, decoded.datagram.pool};
  const bool known = std::any_of(listeners_.begin(), listeners_.end(), [&](const auto& entry) {
    return std::any_of(entry.second.begin(), entry.second.end(), [&](const Listener& l) { return l.id == from; });
  });
  if (!known) return refuse("of no site or pool that is known here");
  ++counters_.received;
  heard_nonces_[from] = decoded.datagram.nonce;
}

}  // namespace control
