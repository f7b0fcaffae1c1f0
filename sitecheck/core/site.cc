#include "sitecheck/core/site.h"

#include <algorithm>
#include <utility>

#include "sitecheck/core/checkpoints.h"
#include "sitecheck/core/earliest.h"

namespace core {

struct Site::Impl {
  Impl(SiteConfig c, const Identity& identity, std::span<const LoadedPool> loaded, base::Instant at,
       std::span<const Kind> table)
      : config(std::move(c)), kinds(table.begin(), table.end()), checkpoints(config, at), now(at), last_step(at) {
    const auto hash = config_hash(config);
    for (PoolIndex i = 0; i < config.pools.size(); ++i) {
      pools.push_back(make(i, identity, i < loaded.size() ? loaded[i] : LoadedPool{}, hash));
    }
    due.assign(pools.size(), at);
  }

  std::unique_ptr<Brain> make(PoolIndex i, const Identity& identity, const LoadedPool& loaded, std::uint64_t hash) {
    const Kind* kind = find_kind(kinds, config.pools[i].kind);
    return (kind == nullptr ? kinds.front() : *kind).make({config, i, identity, loaded, checkpoints, hash, now});
  }

  // A site of many pools has an event for one of them most of the time: only pools with an event, or whose own time has
  // come, take part in a step. Waking a pool without need changes nothing; all it has of time is in its deadlines.
  Brain& wake(PoolIndex i) {
    if (!awake[i]) {
      awake[i] = true;
      pools[i]->begin(now, *actions);
    }
    return *pools[i];
  }
  template <typename E>
  void to_pools(const E& event) {
    for (PoolIndex i = 0; i < pools.size(); ++i) wake(i).hear(event);
  }
  void take(const Event& event);
  void set_mode(const ModeSet& e);
  void act(PoolIndex i);
  void act_all();
  void reconfigure(const Reconfiguration& next);
  [[nodiscard]] bool fast() const {
    return std::any_of(pools.begin(), pools.end(), [this](const auto& p) { return p->wants_fast_rounds(now); });
  }

  SiteConfig config;
  std::vector<Kind> kinds;
  Checkpoints checkpoints;
  std::vector<std::unique_ptr<Brain>> pools;
  std::vector<bool> awake;                 // in the step under way
  std::vector<base::Instant> due;          // when each pool wants to be woken by time alone
  std::vector<Action>* actions = nullptr;  // of the step under way
  base::Instant now;
  base::Instant last_step;
  base::Instant deadline;
};

void Site::Impl::take(const Event& event) {
  if (const auto* round = std::get_if<RoundDone>(&event)) {
    if (const auto verdict = checkpoints.done(*round, now)) to_pools(*verdict);
  } else if (const auto* mode = std::get_if<ModeSet>(&event)) {
    set_mode(*mode);
  } else if (const auto* peer = std::get_if<PeerDatagram>(&event)) {
    for (PoolIndex i = 0; i < pools.size(); ++i) {
      if (config.pools[i].name == peer->datagram.pool) wake(i).hear(event);
    }
  } else {
    std::visit(
        [&]<typename T>(const T& e) {
          if constexpr (requires { e.pool; }) {
            if (e.pool < pools.size()) wake(e.pool).hear(event);
          } else {
            to_pools(event);
          }
        },
        event);
  }
}

// A site that writes must be able to close its nodes.
void Site::Impl::set_mode(const ModeSet& e) {
  for (PoolIndex i = 0; i < pools.size(); ++i) {
    if (e.mode != Mode::kPassive || !pools[i]->may_write()) continue;
    actions->push_back(
        CommandReply{e.id, false,
                     "pool " + config.pools[i].name +
                         " may be writable here, and a passive site touches no node, so it could not fence; " +
                         "hand the writer over first, or take mode manual"});
    return;
  }
  to_pools(Event(e));
  config.mode = e.mode;
  actions->push_back(CommandReply{e.id, true, "mode " + std::string(name(e.mode))});
}

// After this no input of the step is left for the pool.
void Site::Impl::act(PoolIndex i) {
  pools[i]->act();
  due[i] = pools[i]->next_deadline();
  const auto fast_from = pools[i]->fast_rounds_from();
  if (fast_from && *fast_from > now) due[i] = std::min(due[i], *fast_from);
}

// After all inputs.
void Site::Impl::act_all() {
  if (const auto verdict = checkpoints.overdue(now)) to_pools(*verdict);
  for (PoolIndex i = 0; i < pools.size(); ++i) {
    if (awake[i]) act(i);
  }
  const bool rounds = fast();
  checkpoints.act(rounds, now, *actions);
  Earliest next(now, now + config.timing.interval);
  next.consider(checkpoints.next(rounds));
  for (const auto at : due) next.consider(at);
  deadline = next.at();
}

// The pools' references into the configuration that was are good until each has been told of the new one.
void Site::Impl::reconfigure(const Reconfiguration& next) {
  const SiteConfig before = std::exchange(config, next.config);
  config.mode = before.mode;
  checkpoints.reconfigure(config);
  const auto hash = config_hash(config);
  auto old = std::exchange(pools, {});
  awake.assign(config.pools.size(), true);
  due.assign(config.pools.size(), now);
  for (PoolIndex i = 0; i < config.pools.size(); ++i) {
    const auto at = std::find_if(before.pools.begin(), before.pools.end(),
                                 [&](const PoolConfig& p) { return p.name == config.pools[i].name; });
    if (at == before.pools.end()) {
      pools.push_back(make(i, next.identity, i < next.loaded.size() ? next.loaded[i] : LoadedPool{}, hash));
      pools.back()->begin(now, *actions);
      continue;
    }
    pools.push_back(std::move(old[static_cast<std::size_t>(at - before.pools.begin())]));
    pools.back()->begin(now, *actions);
    pools.back()->reconfigure(i, hash);
  }
}

Site::Site(SiteConfig config, Identity identity, std::span<const LoadedPool> loaded, base::Instant now,
           std::span<const Kind> kinds)
    : impl_(std::make_unique<Impl>(std::move(config), identity, loaded, now, kinds)) {
  impl_->deadline = now;
}
Site::~Site() = default;
Site::Site(Site&&) noexcept = default;
Site& Site::operator=(Site&&) noexcept = default;

void Site::step(std::span<const Event> events, base::Instant now, std::vector<Action>& actions) {
  auto& s = *impl_;
  s.now = std::max(s.now, now);
  s.actions = &actions;
  s.awake.assign(s.pools.size(), false);
  for (PoolIndex i = 0; i < s.pools.size(); ++i) {
    if (s.pools.size() == 1 || s.due[i] <= s.now) s.wake(i);
  }
  // Rule 8: inputs first, then time.
  for (const auto& event : events) s.take(event);
  s.act_all();
}

std::vector<std::string> Site::against(const SiteConfig& next) const {
  std::vector<std::string> out;
  for (const auto& pool : impl_->pools) {
    const auto& name = impl_->config.pools[static_cast<std::size_t>(&pool - impl_->pools.data())].name;
    const auto at =
        std::find_if(next.pools.begin(), next.pools.end(), [&](const PoolConfig& p) { return p.name == name; });
    for (auto& why : pool->against(at == next.pools.end() ? nullptr : &*at)) out.push_back(std::move(why));
  }
  return out;
}

void Site::reconfigure(const Reconfiguration& next, base::Instant now, std::vector<Action>& actions) {
  auto& s = *impl_;
  s.now = std::max(s.now, now);
  s.actions = &actions;
  s.reconfigure(next);
  s.act_all();
}

base::Instant Site::next_deadline() const { return impl_->deadline; }

PoolView Site::pool(PoolIndex index, base::Instant now) const { return impl_->pools.at(index)->view(now); }

Standing Site::standing(PoolIndex index) const { return impl_->pools.at(index)->standing(); }

CheckpointsView Site::checkpoints() const { return impl_->checkpoints.view(); }

ecv::Report Site::report(PoolIndex index, base::Instant now) const { return impl_->pools.at(index)->report(now); }

const SiteConfig& Site::config() const { return impl_->config; }

Mode Site::mode() const { return impl_->config.mode; }

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
    if (pool->hears_peers(now)) continue;
    silent = true;
    const auto relay = pool->relay_at();
    if (relay && now - *relay <= s.config.timing.lease) {
      return {"broken", "the peer is not heard, but a dnsd relays that it is ACTIVE"};
    }
  }
  if (silent) return {"unknown", "the peer is silent: dead, or cut off"};
  return {"holds", "the peer is heard"};
}

}  // namespace core
