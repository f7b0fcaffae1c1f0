#include "sitecheck/io/keeper.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "base/log.h"
#include "sitecheck/io/orders.h"
#include "sitecheck/io/role_leftovers.h"
#include "sitecheck/io/state_store.h"

namespace sitecheck {

struct Keeper::Impl {
  Impl(base::Loop& l, const conf::Sitecheck& c, std::function<void(const core::Journal&)> j)
      : loop(l), conf(c), journal(std::move(j)), store(l, c.state_dir / "orders") {
    load();
    for (const auto& pool : conf.pools) pools.push_back(make(pool));
    look_at_all();
    auto left = left_over(orders.placed, placed());
    leftovers =
        std::make_unique<RoleLeftovers>(loop, std::move(left), options(), [this](const Placed& p) { taken_late(p); });
  }

  std::unique_ptr<RoleKeeper> make(const conf::Pool& pool) {
    return std::make_unique<RoleKeeper>(loop, pool, orders.placed, options());
  }
  RoleKeeperOptions options() {
    return {conf.site.name, [this](std::function<void()> done) { keep(std::move(done)); }, journal,
            [this](Placed p, std::string why) { leftovers->owe(std::move(p), std::move(why)); }};
  }
  void taken_late(const Placed& p) {
    for (const auto& pool : pools) {
      if (pool->pool() == p.pool) pool->confirm(p.address);
    }
  }
  void load();
  void look_at_all();
  void keep(std::function<void()> done);
  [[nodiscard]] std::vector<Placed> placed() const;

  base::Loop& loop;
  const conf::Sitecheck& conf;
  std::function<void(const core::Journal&)> journal;
  Orders orders;
  std::vector<std::unique_ptr<RoleKeeper>> pools;
  std::vector<core::PoolIndex> kept;                 // those of them that have roles, or addresses to take away
  std::vector<std::unique_ptr<RoleKeeper>> leaving;  // of pools that are no more, until their addresses are taken away
  std::unique_ptr<RoleLeftovers> leftovers;
  StateStore store;  // goes first: what it still has to say comes to nobody
};

void Keeper::Impl::load() {
  const auto loaded = store.load();
  if (loaded.fault == io::SlotFault::kMissing) return;
  auto read = loaded.fault == io::SlotFault::kNone ? decode_orders(loaded.content) : std::nullopt;
  if (read) {
    orders = std::move(*read);
    return;
  }
  base::log(base::Level::kWarn, "orders.damaged",
            "what was ordered cannot be read: the mode is active, no downtimes, and roles are placed anew",
            {{"detail", loaded.detail}});
}

// Until it is seen which have nothing to keep; then only a reload gives them something.
void Keeper::Impl::look_at_all() {
  kept.resize(pools.size());
  std::iota(kept.begin(), kept.end(), core::PoolIndex{0});
}

std::vector<Placed> Keeper::Impl::placed() const {
  std::vector<Placed> out;
  for (const auto& pool : pools) {
    for (auto& p : pool->placed()) out.push_back(std::move(p));
  }
  return out;
}

// What cannot be written is said; the order holds all the same, until the next start.
void Keeper::Impl::keep(std::function<void()> done) {
  orders.placed = placed();
  for (const auto& pool : leaving) {
    for (auto& p : pool->placed()) orders.placed.push_back(std::move(p));
  }
  const auto left = leftovers->placed();
  orders.placed.insert(orders.placed.end(), left.begin(), left.end());
  store.store(encode(orders), [done = std::move(done)](bool ok, const std::string& message) {
    if (!ok) base::log(base::Level::kWarn, "orders.not_kept", "orders are not on disk", {{"error", message}});
    done();
  });
}

Keeper::Keeper(base::Loop& loop, const conf::Sitecheck& conf, std::function<void(const core::Journal&)> journal)
    : impl_(std::make_unique<Impl>(loop, conf, std::move(journal))) {}
Keeper::~Keeper() = default;

core::Mode Keeper::mode() const { return impl_->orders.mode; }

void Keeper::set_mode(core::Mode mode, std::function<void()> done) {
  impl_->orders.mode = mode;
  impl_->keep(std::move(done));
}

void Keeper::set_downtime(core::Downtime downtime) {
  impl_->orders.downtimes.set(std::move(downtime));
  impl_->keep([] {});
}

bool Keeper::end_downtime(const std::string& pool, const std::string& node) {
  const bool had = impl_->orders.downtimes.end(pool, node);
  if (had) impl_->keep([] {});
  return had;
}

const core::Downtime* Keeper::downtime(const std::string& pool, const std::string& node, base::WallTime now) const {
  return impl_->orders.downtimes.find(pool, node, now);
}

void Keeper::reconfigure() {
  auto& s = *impl_;
  auto before = std::exchange(s.pools, {});
  const auto take = [](std::vector<std::unique_ptr<RoleKeeper>>& from, const std::string& name) {
    const auto at = std::find_if(from.begin(), from.end(), [&](const auto& p) { return p && p->pool() == name; });
    return at == from.end() ? nullptr : std::move(*at);
  };
  for (const auto& pool : s.conf.pools) {
    auto keeper = take(before, pool.name);
    if (!keeper) keeper = take(s.leaving, pool.name);
    if (keeper) {
      keeper->reconfigure(pool);
    } else {
      keeper = s.make(pool);
    }
    s.pools.push_back(std::move(keeper));
  }
  s.look_at_all();
  std::erase(s.leaving, nullptr);
  for (auto& gone : before) {
    if (!gone) continue;
    conf::Pool none;
    none.name = gone->pool();
    gone->reconfigure(none);
    if (!gone->idle()) s.leaving.push_back(std::move(gone));
  }
  s.keep([] {});
}

void Keeper::look(const core::Site& site, base::Instant now, base::WallTime wall) {
  auto& s = *impl_;
  const auto over = s.orders.downtimes.expire(wall);
  for (const auto& d : over) {
    s.journal({base::Level::kInfo,
               "node.downtime",
               "the downtime of " + d.node + " is over",
               {{"pool", d.pool}, {"node", d.node}, {"reason", d.reason}}});
  }
  if (!over.empty()) s.keep([] {});
  std::erase_if(s.leaving, [](const auto& pool) { return pool->idle(); });
  if (s.leftovers->owes()) s.leftovers->forgive(s.placed());
  if (!s.leftovers->look(site.mode())) return;
  std::erase_if(s.kept, [&](auto i) { return s.conf.pools[i].roles.empty() && s.pools[i]->idle(); });
  for (const auto i : s.kept) {
    std::set<std::string> out;
    for (const auto& d : s.orders.downtimes.all()) {
      if (d.pool == s.conf.pools[i].name) out.insert(d.node);
    }
    s.pools[i]->look(site.config().pools[i], site.pool(i, now), site.mode(), out);
  }
}

std::vector<RoleView> Keeper::roles(core::PoolIndex pool) const { return impl_->pools[pool]->view(); }

base::Result<std::string> Keeper::move(core::PoolIndex pool, const std::string& node, const std::string& role,
                                       const std::string& address) {
  return impl_->pools[pool]->move(node, role, address);
}

std::vector<std::string> Keeper::alarms(core::PoolIndex pool, const core::PoolView& view, base::WallTime now) const {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < view.alarms.size(); ++i) {
    const auto& about = view.alarms_of[i];
    if (about.empty() || downtime(view.name, about, now) == nullptr) out.push_back(view.alarms[i]);
  }
  for (auto& alarm : impl_->pools[pool]->alarms()) out.push_back(std::move(alarm));
  for (auto& alarm : impl_->leftovers->alarms(view.name)) out.push_back(std::move(alarm));
  return out;
}

}  // namespace sitecheck
