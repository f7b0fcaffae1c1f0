#include "sitecheck/core/site.h"

#include <algorithm>
#include <deque>

#include "sitecheck/core/checkpoints.h"
#include "sitecheck/core/pool.h"

namespace core {

struct Site::Impl {
  Impl(SiteConfig c, const Identity& identity, std::span<const LoadedPool> loaded, base::Instant at)
      : config(std::move(c)), checkpoints(config, at), now(at), last_step(at) {
    const auto hash = config_hash(config);
    for (PoolIndex i = 0; i < config.pools.size(); ++i) {
      pools.emplace_back(config, i, identity, i < loaded.size() ? loaded[i] : LoadedPool{}, checkpoints, hash, at);
    }
  }

  void take(const Event& event);
  void to_pools(const std::optional<Checkpoints::Verdict>& verdict) {
    if (!verdict) return;
    for (auto& pool : pools) pool.take(*verdict);
  }
  [[nodiscard]] bool fast() const {
    return std::any_of(pools.begin(), pools.end(), [this](const Pool& p) { return p.wants_fast_rounds(now); });
  }

  SiteConfig config;
  Checkpoints checkpoints;
  std::deque<Pool> pools;
  base::Instant now;
  base::Instant last_step;
  base::Instant deadline;
};

void Site::Impl::take(const Event& event) {
  if (const auto* round = std::get_if<RoundDone>(&event)) {
    to_pools(checkpoints.done(*round, now));
  } else if (const auto* peer = std::get_if<PeerDatagram>(&event)) {
    for (PoolIndex i = 0; i < pools.size(); ++i) {
      if (config.pools[i].name == peer->datagram.pool) pools[i].take(*peer);
    }
  } else if (const auto* bad = std::get_if<PeerUnverifiable>(&event)) {
    for (auto& pool : pools) pool.take(*bad);
  } else if (const auto* relay = std::get_if<RelayDatagram>(&event)) {
    for (auto& pool : pools) pool.take(*relay);
  } else {
    std::visit(
        [this]<typename T>(const T& e) {
          if constexpr (requires { e.pool; }) {
            if (e.pool < pools.size()) pools[e.pool].take(e);
          }
        },
        event);
  }
}

Site::Site(SiteConfig config, Identity identity, std::span<const LoadedPool> loaded, base::Instant now)
    : impl_(std::make_unique<Impl>(std::move(config), identity, loaded, now)) {
  impl_->deadline = now;
}
Site::~Site() = default;
Site::Site(Site&&) noexcept = default;
Site& Site::operator=(Site&&) noexcept = default;

void Site::step(std::span<const Event> events, base::Instant now, std::vector<Action>& actions) {
  auto& s = *impl_;
  s.now = std::max(s.now, now);
  for (auto& pool : s.pools) pool.begin(s.now, actions);
  // Rule 8: inputs first, then time.
  for (const auto& event : events) s.take(event);
  s.to_pools(s.checkpoints.overdue(s.now));
  for (auto& pool : s.pools) pool.act();
  const bool fast = s.fast();
  s.checkpoints.act(fast, s.now, actions);
  auto next = s.now + s.config.timing.interval;
  const auto consider = [&](base::Instant at) {
    if (at > s.now) next = std::min(next, at);
  };
  consider(s.checkpoints.next(fast));
  for (const auto& pool : s.pools) {
    consider(pool.next_deadline());
    if (const auto from = pool.fast_rounds_from()) consider(*from);
  }
  s.deadline = next;
}

base::Instant Site::next_deadline() const { return impl_->deadline; }

PoolView Site::pool(PoolIndex index, base::Instant now) const { return impl_->pools.at(index).view(now); }

Standing Site::standing(PoolIndex index) const { return impl_->pools.at(index).standing(); }

CheckpointsView Site::checkpoints() const { return impl_->checkpoints.view(); }

ecv::Report Site::report(PoolIndex index, base::Instant now) const { return impl_->pools.at(index).report(now); }

const SiteConfig& Site::config() const { return impl_->config; }

Site::Assumption Site::assumption(base::Instant now) const {
  const auto& s = *impl_;
  if (s.config.arbiter == ArbiterKind::kWitness) return {"not needed", "a majority of the voters decides"};
  if (s.config.arbiter == ArbiterKind::kEtcd) return {"not needed", "etcd decides"};
  if (s.config.peers.empty()) return {"holds", "a single site has no peer"};
  const auto quorum = s.checkpoints.quorum();
  if (!quorum) return {"unknown", "no checkpoint round has ended yet"};
  if (!*quorum) return {"holds", "this site does not reach its quorum of checkpoints"};
  bool silent = false;
  for (const auto& pool : s.pools) {
    if (pool.hears_peers(now)) continue;
    silent = true;
    const auto relay = pool.relay_at();
    if (relay && now - *relay <= s.config.timing.lease) {
      return {"broken", "the peer is not heard, but a dnsd relays that it is ACTIVE"};
    }
  }
  if (silent) return {"unknown", "the peer is silent: dead, or cut off"};
  return {"holds", "the peer is heard"};
}

}  // namespace core
