#include "sitecheck/core/peers.h"

#include <algorithm>

#include "sitecheck/core/mutation.h"

namespace core {

bool Peer::fresh(base::Instant now, base::Duration window) const {
  return link.heard_at() && now - *link.heard_at() <= window;
}

bool Peer::said_it_writes() const {
  if (!link.said()) return false;
  const auto s = link.said()->state;
  return s == ecv::PoolState::kActive || s == ecv::PoolState::kDraining;
}

bool Peer::said_it_may_write() const {
  if (!link.said()) return false;
  const auto s = link.said()->state;
  if (s == ecv::PoolState::kDraining && mutant(Mutation::kDrainingGrants)) return false;
  return s == ecv::PoolState::kPromoting || s == ecv::PoolState::kActive || s == ecv::PoolState::kDraining ||
         s == ecv::PoolState::kFencing;
}

const GtidSet& Peer::position() const {
  static const std::string kUnknown;
  const auto& text = link.said() ? link.said()->position : kUnknown;
  if (text != position_text_) {
    auto parsed = GtidSet::parse(text);
    position_ = parsed ? std::move(*parsed) : GtidSet();
    position_text_ = text;
  }
  return position_;
}

Peers::Peers(const SiteConfig& site, PoolIndex pool, const Identity& identity) : window_(site.timing.window()) {
  // A stream of nonces for each pool and party.
  auto seed = identity.nonce_seed + pool * 0x51ED270B9ULL;
  const auto add = [&](const std::string& name, std::uint8_t id, int paths) {
    all_.emplace_back(name, id, ecv::PeerLink(site.timing.lease, identity.boot_id, seed, paths));
    seed += 0x2545F4914F6CDD1DULL;
  };
  for (const auto& peer : site.peers) add(peer.site, peer.id, peer.paths);
  sites_ = all_.size();
  for (const auto& witness : site.witnesses) add(witness.id, 0, witness.paths);
}

Peer* Peers::find(std::string_view party) {
  if (party.empty()) return all_.empty() ? nullptr : &all_.front();
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Peer& p) { return p.name == party; });
  return found == all_.end() ? nullptr : &*found;
}

const Peer* Peers::find(std::string_view party) const { return const_cast<Peers*>(this)->find(party); }

Peer* Peers::site(std::uint8_t id) {
  const auto found = std::find_if(all_.begin(), all_.end(), [&](const Peer& p) { return p.id == id && id != 0; });
  return found == all_.end() ? nullptr : &*found;
}

const Peer* Peers::writer(base::Instant now) const {
  const Peer* out = nullptr;
  for (const auto& p : all_) {
    if (!fresh(p, now) || !p.said_it_writes()) continue;
    if (out == nullptr || p.link.said()->epoch.value > out->link.said()->epoch.value) out = &p;
  }
  return out;
}

const Peer* Peers::may_write(base::Instant now) const {
  const auto found =
      std::find_if(all_.begin(), all_.end(), [&](const Peer& p) { return fresh(p, now) && p.said_it_may_write(); });
  return found == all_.end() ? nullptr : &*found;
}

bool Peers::any_fresh(base::Instant now) const {
  return std::any_of(all_.begin(), all_.end(), [&](const Peer& p) { return !p.witness() && fresh(p, now); });
}

bool Peers::all_fresh(base::Instant now) const {
  return std::all_of(all_.begin(), all_.end(), [&](const Peer& p) { return p.witness() || fresh(p, now); });
}

const Peer* Peers::live_owner(base::Instant now) const {
  const Peer* out = nullptr;
  for (const auto& p : all_) {
    if (!p.active_at || now - *p.active_at > window_) continue;
    if (out == nullptr || p.active_epoch.value > out->active_epoch.value) out = &p;
  }
  return out;
}

bool Peers::handed_to(std::string_view site, base::Instant now) const {
  return std::any_of(all_.begin(), all_.end(),
                     [&](const Peer& p) { return fresh(p, now) && p.link.said()->target == site; });
}

const Peer* Peers::foremost(base::Instant now) const {
  if (alone()) return nullptr;
  if (const Peer* found = writer(now)) return found;
  const Peer* out = &all_.front();
  for (std::size_t i = 1; i < sites_; ++i) {
    if (all_[i].link.heard_at() > out->link.heard_at()) out = &all_[i];
  }
  return out;
}

bool Peers::any_said() const {
  return std::any_of(all_.begin(), all_.end(), [](const Peer& p) { return !p.witness() && p.link.said(); });
}

void Peers::void_requests() {
  for (auto& p : all_) p.link.void_requests();
}

}  // namespace core
