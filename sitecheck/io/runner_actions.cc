// What the core wants done (sitecheck/core/actions.h), performed. Each outcome is pushed exactly once.
#include <algorithm>
#include <utility>

#include "base/log.h"
#include "sitecheck/core/record.h"
#include "sitecheck/io/fence_work.h"
#include "sitecheck/io/runner_impl.h"
#include "sitecheck/io/translate.h"

namespace sitecheck {

void Runner::Impl::act(const core::SendPeer& a) { peer->send(a.datagram); }

void Runner::Impl::act(const core::StartRound& a) {
  checkpoints->begin([this, round = a.round](const probes::Round& seen) { push(round_done(round, seen)); });
}

void Runner::Impl::act(const core::ProbeNow& a) { pools[a.pool].nodes[a.node].probe->probe_now(); }

void Runner::Impl::act(const core::Persist& a) {
  pools[a.pool].store->store(core::encode(a.record),
                             [this, at = pools[a.pool].spot, token = a.token](bool ok, const std::string& message) {
                               if (!at->gone) push(core::Persisted{at->pool, token, ok, message});
                             });
}

void Runner::Impl::act(const core::SetPermit& a) {
  auto& pool = pools[a.pool];
  if (a.resumable) pool.permit->store({a.deadline, a.epoch, a.lease_id});
  if (pool.guard) pool.guard->renew(a.deadline, a.epoch);
}

void Runner::Impl::act(const core::EtcdCampaign& a) {
  if (!etcd) return etcd_unavailable(a.pool, a.token);
  etcd->campaign(a);
}

void Runner::Impl::act(const core::EtcdKeepAlive& a) {
  if (!etcd) return etcd_unavailable(a.pool, a.token);
  etcd->keep_alive(a);
}

void Runner::Impl::act(const core::EtcdRelease& a) {
  if (!etcd) return etcd_unavailable(a.pool, a.token);
  etcd->release(a);
}

void Runner::Impl::etcd_unavailable(core::PoolIndex pool, std::uint64_t token) {
  push(core::EtcdDone{pool, token, core::EtcdResult::kUnavailable, 0, 0, {}, "no etcd is configured"});
}

void Runner::Impl::act(const core::ClearPermit& a) { pools[a.pool].permit->clear(); }

void Runner::Impl::act(const core::AssertReadOnly& a) {
  auto& node = pools[a.pool].nodes[a.node];
  if (!node.closer) {
    return push(core::ReadOnlyAsserted{a.pool, a.node, a.token, core::Closing::kUnknown, "not a node of this site"});
  }
  node.closer->close(CloseMode::kAssert, conf.arbiter.timing.fence_bound,
                     [this, at = node.spot, token = a.token](const Closed& c) {
                       if (at->gone) return;
                       if (c.closing == core::Closing::kClosed) make_schema(at);
                       push(core::ReadOnlyAsserted{at->pool, at->node, token, c.closing, c.message});
                     });
}

// Once a node: what probes and epochs need, before any writer is made.
void Runner::Impl::make_schema(const std::shared_ptr<Spot>& at) {
  auto& shell = pools[at->pool].nodes[at->node];
  if (shell.schema_made || shell.admin->busy()) return;
  shell.admin->ensure_schema([this, at](const Outcome& outcome) {
    if (at->gone) return;
    auto& node = pools[at->pool].nodes[at->node];
    node.schema_made = outcome.ok;
    if (outcome.ok) return;
    base::log(base::Level::kWarn, "mysql.schema", "the schema cannot be made",
              {{"pool", conf.pools[at->pool].name},
               {"node", conf.pools[at->pool].nodes[at->node].name},
               {"error", outcome.message}});
  });
}

void Runner::Impl::act(const core::Fence& a) {
  auto& pool = pools[a.pool];
  FenceTerms terms;
  terms.hard = a.hard;
  terms.needs_cut = conf.pools[a.pool].guard == conf::GuardKind::kNft;
  if (pool.guard) terms.guard_ends = pool.guard->latest_deadline();
  terms.limit = conf.arbiter.timing.fence_bound / (a.hard && terms.needs_cut ? 2 : 1);
  const auto work = std::make_shared<FenceWork>(
      loop, terms, [this, a, at = pool.spot](core::Closing closing, const std::string& how) {
        if (!at->gone) push(core::FenceDone{at->pool, a.token, closing, a.hard, how});
      });
  for (std::size_t n = 0; n < pool.nodes.size(); ++n) {
    auto& node = pool.nodes[n];
    if (!node.closer) continue;
    node.admin->abort();  // nothing that opens may come after this
    node.heart->stop();
    const auto mode = a.hard ? CloseMode::kHard : CloseMode::kSoft;
    node.closer->close(mode, terms.limit, work->expect(conf.pools[a.pool].nodes[n].name));
  }
  // Kind nft ends the permit in the kernel from the first; kind process is called when the soft fence did not do.
  if (pool.guard && (a.hard || terms.needs_cut)) {
    pool.guard->close(a.hard, [work](const GuardReport& report) { work->hear(report); });
  }
  work->begin();
}

void Runner::Impl::act(const core::Promote& a) {
  auto& pool = pools[a.pool];
  const auto done = [this, at = pool.spot, attempt = a.attempt, step = a.step](bool ok, const std::string& message) {
    if (!at->gone) push(core::PromoteDone{at->pool, attempt, step, ok, message});
  };
  switch (a.step) {
    case core::PromoteStep::kArmGuard: {
      if (!pool.guard) return done(true, "no guard");
      const auto left = a.deadline - base::read_boot_clock();
      return pool.guard->arm(a.deadline, a.epoch, std::max<base::Duration>(left, base::milliseconds(1)), done);
    }
    case core::PromoteStep::kPersistEpoch: return pool.store->store(core::encode(a.record), done);
    // The epoch row stands: kind nft lets clients in only now. Its answer need not be awaited, it resets them until
    // then.
    case core::PromoteStep::kOpenWrites:
      if (pool.guard) pool.guard->admit();
      break;
    default: break;
  }
  if (!pool.nodes[a.node].admin) return done(false, "not a node of this site");
  promote_on_node(a, [done](const Outcome& o) { done(o.ok, o.message); });
}

void Runner::Impl::promote_on_node(const core::Promote& a, NodeAdmin::Done done) {
  auto& admin = *pools[a.pool].nodes[a.node].admin;
  switch (a.step) {
    case core::PromoteStep::kStopReplication: return admin.stop_replication(std::move(done));
    case core::PromoteStep::kApplyReceived: return admin.apply_received(std::move(done));
    case core::PromoteStep::kOpenSuper: return admin.open_super(std::move(done));
    case core::PromoteStep::kInsertEpochRow: return admin.insert_epoch(a.epoch, std::move(done));
    case core::PromoteStep::kOpenWrites: return admin.open_writes(a.deadline, std::move(done));
    case core::PromoteStep::kArmGuard:
    case core::PromoteStep::kPersistEpoch: break;
  }
  done({false, "no step of a node"});
}

void Runner::Impl::act(const core::AbortPromotion& a) {
  if (const auto& admin = pools[a.pool].nodes[a.node].admin) admin->abort();
}

// Within the site: that node. Of another: the node that writes there, where that is known and replicate_from names a
// node of that site (else it leads over another network, and stays); then replicate_from where it names a node of that
// site, or where there is one peer only; else the node of that site that comes first.
std::optional<base::SocketAddress> Runner::Impl::source_of(const core::Rejoin& a) const {
  const auto& nodes = conf.pools[a.pool].nodes;
  const auto address = [](const conf::Node& node) -> std::optional<base::SocketAddress> {
    const auto ip = base::IpAddress::parse(node.host);
    if (!ip) return std::nullopt;
    return base::SocketAddress{*ip, node.port};
  };
  const auto writer = a.source && *a.source < nodes.size() ? address(nodes[*a.source]) : std::nullopt;
  if (a.of == conf.site.name) return writer;
  const auto& direct = nodes[a.node].replicate_from;
  const bool direct_is_a_node = std::any_of(nodes.begin(), nodes.end(), [&](const conf::Node& node) {
    return node.site == a.of && direct && address(node) == direct;
  });
  if (writer && (direct_is_a_node || !direct)) return writer;
  if (direct && conf.peers.size() <= 1) return direct;
  const conf::Node* first = nullptr;
  for (const auto& node : nodes) {
    if (node.site != a.of) continue;
    if (direct && address(node) == direct) return direct;
    if (first == nullptr || node.priority < first->priority) first = &node;
  }
  return first == nullptr ? direct : address(*first);
}

void Runner::Impl::act(const core::Rejoin& a) {
  const auto done = [this, at = pools[a.pool].spot, token = a.token](const Outcome& o) {
    if (!at->gone) push(core::RejoinDone{at->pool, token, o.ok, o.message});
  };
  const auto& admin = pools[a.pool].nodes[a.node].admin;
  if (!admin) return done({false, "not a node of this site"});
  admin->rejoin(done, source_of(a));
}

void Runner::Impl::act(const core::WriteBeat& a) {
  if (const auto& heart = pools[a.pool].nodes[a.node].heart) heart->write(a);
}

void Runner::Impl::act(const core::Changed& a) {
  if (options.on_changed) options.on_changed(a.pool);
}

void Runner::Impl::act(const core::CommandReply& a) {
  const auto it = commands.find(a.id);
  if (it == commands.end()) return;
  const auto done = std::move(it->second);
  commands.erase(it);
  done(a.ok, a.message);
}

}  // namespace sitecheck
