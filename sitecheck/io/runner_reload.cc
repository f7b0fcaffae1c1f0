// The configuration read anew, in the shell: what is the same goes on as it is, with its connections and what is under
// way; what is new begins; what is gone ends. The core says what becomes of states (core::Site::reconfigure).
#include <algorithm>
#include <utility>

#include "sitecheck/io/guard.h"
#include "sitecheck/io/random.h"
#include "sitecheck/io/runner_impl.h"
#include "sitecheck/io/same.h"
#include "sitecheck/io/translate.h"

namespace sitecheck {

namespace {

// More nodes than these are not probed all at once when they come.
constexpr std::size_t kAtOnce = 8;

bool is_same(const NodeSettings& a, const NodeSettings& b) {
  return same(a.probe, b.probe) && same(a.closer, b.closer) && same(a.admin, b.admin);
}

std::optional<std::size_t> pool_named(const conf::Sitecheck& conf, const std::string& name) {
  for (std::size_t i = 0; i < conf.pools.size(); ++i) {
    if (conf.pools[i].name == name) return i;
  }
  return std::nullopt;
}

bool in_between(core::State s) {
  return s == core::State::kPromoting || s == core::State::kDraining || s == core::State::kFencing;
}

}  // namespace

// Takes in what was read before: it is of the indices that were.
void Runner::Impl::drain() {
  constexpr int kMost = 100;  // outcomes of outcomes; each turn ends some
  for (int i = 0; i < kMost && (!sockets.empty() || !outcomes.empty()); ++i) turn();
}

std::vector<std::string> Runner::Impl::against(const conf::Sitecheck& next) const {
  auto out = site->against(core_config(next));
  const auto now = base::read_boot_clock();
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const auto at = pool_named(next, conf.pools[i].name);
    const auto state = site->pool(i, now).state;
    if (!at || !in_between(state)) continue;
    for (const auto& node : next.pools[*at].nodes) {
      const auto settings = settings_of(next, next.pools[*at], node);
      const auto& shells = pools[i].nodes;
      const auto shell = std::find_if(shells.begin(), shells.end(), [&](const NodeShell& s) {
        return conf.pools[i].nodes[s.spot->node].name == node.name;
      });
      if (shell == shells.end() || is_same(shell->settings, settings)) continue;
      out.push_back("pool " + conf.pools[i].name + " is " + std::string(core::name(state)) +
                    ": the accounts and times of node " + node.name +
                    " are not changed meanwhile; reload again when that is over");
    }
  }
  return out;
}

void Runner::Impl::take_nodes(std::size_t index, std::vector<NodeShell> before) {
  const auto& pool = conf.pools[index];
  std::size_t added = 0;
  for (std::size_t n = 0; n < pool.nodes.size(); ++n) {
    auto settings = settings_of(conf, pool, pool.nodes[n]);
    const auto old = std::find_if(before.begin(), before.end(),
                                  [&](const NodeShell& s) { return s.spot && is_same(s.settings, settings); });
    auto& nodes = pools[index].nodes;
    // Two nodes never have the same address (conf), so the same settings are those of the same node.
    if (old != before.end()) {
      *old->spot = {index, n, false};
      nodes.push_back(std::move(*old));
      continue;
    }
    nodes.push_back(make_node(index, n, std::move(settings)));
    auto& node = nodes.back();
    node.probe->start(++added > kAtOnce ? phase_of(index, n, node.settings.probe.interval) : base::Duration::zero());
  }
  for (auto& shell : before) {
    if (!shell.spot) continue;
    shell.spot->gone = true;
    if (shell.admin) shell.admin->abort();
    if (shell.heart) shell.heart->stop();
  }
}

void Runner::Impl::take_pools(std::vector<PoolShell> added, const conf::Sitecheck& before) {
  auto old = std::exchange(pools, {});
  pools.resize(conf.pools.size());
  std::size_t next_added = 0;
  for (std::size_t i = 0; i < conf.pools.size(); ++i) {
    const auto at = pool_named(before, conf.pools[i].name);
    if (!at) {
      pools[i] = std::move(added[next_added++]);
      pools[i].spot->pool = i;
      begin_pool(i);
      continue;
    }
    pools[i] = std::move(old[*at]);
    pools[i].spot->pool = i;
    take_nodes(i, std::exchange(pools[i].nodes, {}));
    if (pools[i].guard) pools[i].guard->expect(nodes_hash(closers_of(conf.pools[i], true)));
  }
  for (auto& shell : old) {
    if (!shell.spot) continue;  // it stays
    shell.spot->gone = true;
    for (auto& node : shell.nodes) node.spot->gone = true;
  }
}

std::vector<std::string> Runner::against(const conf::Sitecheck& next) {
  impl_->drain();
  return impl_->against(next);
}

base::Result<void> Runner::reconfigure(conf::Sitecheck next) {
  auto& s = *impl_;
  s.drain();
  core::Reconfiguration change;
  const auto own = random_number();
  const auto seed = random_number();
  if (!own || !seed) return base::fail("the kernel gives no random numbers");
  change.identity = {*own, *seed, false};
  change.config = core_config(next);
  change.loaded.resize(next.pools.size());
  std::vector<PoolShell> added;
  for (std::size_t i = 0; i < next.pools.size(); ++i) {
    if (pool_named(s.conf, next.pools[i].name)) continue;
    auto pool = s.open_pool(next, i, change.loaded[i]);
    if (!pool) return base::fail(pool.error().message);
    added.push_back(std::move(*pool));
  }
  // From here on nothing can fail.
  const auto now = base::read_boot_clock();
  std::vector<core::Action> actions;
  s.site->reconfigure(change, now, actions);
  const auto before = std::exchange(s.conf, std::move(next));
  s.take_pools(std::move(added), before);
  s.peer->reconfigure(s.conf);
  s.checkpoints =
      std::make_unique<probes::CheckpointRunner>(s.loop, s.http, s.conf.checkpoints, s.conf.arbiter.timing.timeout);
  s.services->reconfigure();
  s.keeper->reconfigure();
  s.chronicle->reconfigure(s.site->config());
  s.perform(actions);
  if (s.recorder) s.recorder->reconfigure(now, change, actions);
  for (const auto& line : s.chronicle->tell(*s.site, {}, actions, now)) {
    if (s.options.on_journal) s.options.on_journal(line);
  }
  s.keeper->look(*s.site, now, base::read_wall_clock());
  s.wake.start(base::Duration::zero());
  return {};
}

}  // namespace sitecheck
