#include "sitecheck/io/translate.h"

#include <limits>

namespace sitecheck {

namespace {

core::Scope scope_of(conf::CheckpointScope s) {
  switch (s) {
    case conf::CheckpointScope::kInternal: return core::Scope::kInternal;
    case conf::CheckpointScope::kEdge: return core::Scope::kEdge;
    case conf::CheckpointScope::kExternal: return core::Scope::kExternal;
  }
  return core::Scope::kExternal;
}

core::PromoteWish promote_wish(conf::PromoteWish w) {
  switch (w) {
    case conf::PromoteWish::kAllow: return core::PromoteWish::kAllow;
    case conf::PromoteWish::kPrefer: return core::PromoteWish::kPrefer;
    case conf::PromoteWish::kNever: return core::PromoteWish::kNever;
  }
  return core::PromoteWish::kAllow;
}

core::PoolConfig pool_config(const conf::Pool& pool) {
  core::PoolConfig out;
  out.name = pool.name;
  out.kind = pool.kind;
  out.guard = std::string(conf::name(pool.guard));
  out.accept_unfenced = pool.accept_unfenced;
  out.anti_flap = {pool.anti_flap.block, pool.anti_flap.max_per_hour};
  out.max_lag = pool.max_lag;
  out.max_loss = pool.max_loss;
  if (pool.service) out.service = pool.service->to_string();
  out.switchover_limit = pool.switchover_limit;
  out.heartbeat = pool.heartbeat;
  if (pool.failback) out.failback_after = pool.failback_after;
  out.preferred_writer = pool.preferred_writer;
  for (const auto& node : pool.nodes) {
    out.nodes.push_back({node.name, is_local(node), node.priority, promote_wish(node.promote), pool.warn_lag,
                         node.host + ":" + std::to_string(node.port), is_local(node) ? "" : node.site});
  }
  return out;
}

core::ArbiterKind arbiter_kind(conf::ArbiterMode mode) {
  switch (mode) {
    case conf::ArbiterMode::kCheckpoints: return core::ArbiterKind::kCheckpoints;
    case conf::ArbiterMode::kWitness: return core::ArbiterKind::kWitness;
    case conf::ArbiterMode::kEtcd: return core::ArbiterKind::kEtcd;
  }
  return core::ArbiterKind::kCheckpoints;
}

core::PollResult poll_result(probes::Outcome outcome) {
  switch (outcome) {
    case probes::Outcome::kOk: return core::PollResult::kOk;
    case probes::Outcome::kRefused: return core::PollResult::kRefused;
    case probes::Outcome::kDegraded: return core::PollResult::kDegraded;
    case probes::Outcome::kMisconfigured: return core::PollResult::kMisconfigured;
    default: return core::PollResult::kUnreachable;
  }
}

// A write probe that could not be tried for want of a table or a right says nothing of the writer.
core::WriteProbe write_result(probes::WriteOutcome outcome) {
  switch (outcome) {
    case probes::WriteOutcome::kOk: return core::WriteProbe::kOk;
    case probes::WriteOutcome::kReadOnly: return core::WriteProbe::kReadOnly;
    case probes::WriteOutcome::kFailed: return core::WriteProbe::kFailed;
    case probes::WriteOutcome::kNotTried:
    case probes::WriteOutcome::kMisconfigured: return core::WriteProbe::kNotTried;
  }
  return core::WriteProbe::kNotTried;
}

core::SemiSync semi_sync(probes::SemiSyncState s) {
  switch (s) {
    case probes::SemiSyncState::kUnknown: return core::SemiSync::kUnknown;
    case probes::SemiSyncState::kOff: return core::SemiSync::kOff;
    case probes::SemiSyncState::kOn: return core::SemiSync::kOn;
    case probes::SemiSyncState::kDegraded: return core::SemiSync::kDegraded;
  }
  return core::SemiSync::kUnknown;
}

int as_int(unsigned v) {
  constexpr auto kMost = static_cast<unsigned>(std::numeric_limits<int>::max());
  return static_cast<int>(v > kMost ? kMost : v);
}

}  // namespace

core::SiteConfig core_config(const conf::Sitecheck& conf) {
  core::SiteConfig out;
  out.site = conf.site.name;
  out.id = static_cast<std::uint8_t>(conf.site.id);
  out.arbiter = arbiter_kind(conf.arbiter.mode);
  for (const auto& peer : conf.peers) {
    out.peers.push_back({peer.site, static_cast<std::uint8_t>(peer.id), static_cast<int>(peer.addr.size())});
  }
  for (const auto& voter : conf.arbiter.voters) {
    out.witnesses.push_back({voter.id, static_cast<int>(voter.addr.size())});
  }
  out.timing = conf.arbiter.timing;
  out.preset = conf.arbiter.preset;
  out.promote_on_silence = conf.arbiter.promote_on_silence;
  for (const auto& c : conf.checkpoints) {
    out.checkpoints.push_back({c.id, scope_of(c.scope), c.target()});
  }
  out.checkpoints_clear_after = conf.checkpoints_clear_after;
  out.checkpoints_latch = conf.checkpoints_latch;
  out.auto_recover_after = conf.auto_recover_after;
  out.flap_count = conf.flap_count;
  out.flap_window = conf.flap_window;
  if (conf.levels) out.levels = core::Levels{conf.levels->warn, conf.levels->critical};
  out.heal_by_step = conf.heal_by_step;
  for (const auto& pool : conf.pools) out.pools.push_back(pool_config(pool));
  return out;
}

core::NodePolled polled(core::PoolIndex pool, core::NodeIndex node, const probes::MysqlObservation& seen) {
  core::NodePolled out;
  out.pool = pool;
  out.node = node;
  out.result = poll_result(seen.outcome);
  out.message = seen.message;
  out.warning = seen.warning;
  if (seen.outcome != probes::Outcome::kOk) return out;
  out.fault = seen.galera.fault;
  out.aside = seen.galera.aside;
  if (!seen.galera.warning.empty()) out.warning += (out.warning.empty() ? "" : "; ") + seen.galera.warning;
  out.read_only = seen.state.read_only;
  out.closed = seen.state.read_only.value_or(false) && seen.state.super_read_only.value_or(true);
  out.write = write_result(seen.write);
  if (seen.replica) {
    out.io = seen.replica->io;
    out.sql = seen.replica->sql;
    out.io_errno = as_int(seen.replica->io_errno);
    out.sql_errno = as_int(seen.replica->sql_errno);
    constexpr std::size_t kMostError = 300;  // bytes
    out.replication_error =
        (out.sql_errno != 0 ? seen.replica->sql_error : seen.replica->io_error).substr(0, kMostError);
    if (seen.replica->lag_s) out.lag_ms = *seen.replica->lag_s * 1000;
  }
  out.gtid = seen.state.position;
  out.semi_sync = semi_sync(seen.semi_sync.state);
  out.semi_sync_replicas = seen.semi_sync.replicas;
  if (seen.heartbeat) {
    out.beat = core::Beat{seen.heartbeat->epoch, base::milliseconds(seen.heartbeat->at_ms),
                          base::milliseconds(seen.heartbeat->every_ms)};
  }
  out.epoch_row_read = seen.epoch.has_value();
  out.epoch_row.value = seen.epoch.value_or(0);
  return out;
}

core::RoundDone round_done(std::uint64_t round, const probes::Round& seen) {
  core::RoundDone out;
  out.round = round;
  for (const auto& r : seen.results) out.items.push_back({r.ok, r.detail});
  return out;
}

}  // namespace sitecheck
