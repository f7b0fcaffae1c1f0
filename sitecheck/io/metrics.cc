// sitecheck's metrics: what it decided, what it sees, and itself.
#include <vector>

#include "base/io/metrics_text.h"
#include "ecv/report.h"
#include "sitecheck/io/reload.h"
#include "sitecheck/io/status_json.h"

namespace sitecheck {

namespace {

void pool_metrics(io::MetricsText& out, const Runner& runner, core::PoolIndex index, const Present& p) {
  const auto view = runner.site().pool(index, p.now);
  const io::MetricsText::Labels pool = {{"pool", view.name}};
  const auto number = [](auto v) { return static_cast<double>(v); };
  for (const auto state : {core::State::kInit, core::State::kStandby, core::State::kCandidate, core::State::kPromoting,
                           core::State::kActive, core::State::kDraining, core::State::kFencing, core::State::kFenced,
                           core::State::kQuarantined, core::State::kMaint}) {
    out.gauge("wideip_sitecheck_pool_state", "1 for the state that the pool is in.",
              {{"pool", view.name}, {"state", std::string(core::name(state))}}, view.state == state ? 1 : 0);
  }
  out.gauge("wideip_sitecheck_pool_epoch_counter", "Counter of the epoch that the pool claims; 0 without a claim.",
            pool, number(view.epoch.counter()));
  out.gauge("wideip_sitecheck_pool_lease_seconds", "What is left of the lease; 0 unless ACTIVE.", pool,
            number(view.lease_ms) / 1000);
  out.gauge("wideip_sitecheck_pool_status", "0 OK, 1 WARN, 2 FAIL.", pool, number(static_cast<int>(view.status)));
  out.gauge("wideip_sitecheck_pool_eligible", "1 if the pool could become the writer.", pool, view.eligible ? 1 : 0);
  out.gauge("wideip_sitecheck_pool_guard_alive", "1 if the pool's guard answers.", pool, view.guard_alive ? 1 : 0);
  out.gauge("wideip_sitecheck_pool_alarms", "Alarms that stand.", pool,
            number(runner.keeper().alarms(index, view, p.wall).size()));
  out.counter("wideip_sitecheck_promotions_total", "Promotions that reached ACTIVE.", pool, number(view.promotions));
  out.counter("wideip_sitecheck_fences_total", "Fences begun.", pool, number(view.fences));
  if (view.peer && view.peer->last_heard) {
    out.gauge("wideip_sitecheck_peer_silence_seconds", "Since the peer was last heard.", pool,
              io::to_seconds(p.now - *view.peer->last_heard));
  }
  out.gauge("wideip_sitecheck_pool_semi_sync", "Of the writer: 0 not told, 1 off, 2 on, 3 fallen back to asynchronous.",
            pool, number(static_cast<int>(view.semi_sync)));
  out.gauge("wideip_sitecheck_pool_semi_sync_replicas", "Replicas that acknowledge commits.", pool,
            view.semi_sync_replicas);
  out.gauge("wideip_sitecheck_pool_switchover", "1 while a planned switchover goes on.", pool, view.switchover ? 1 : 0);
  for (const auto& voter : view.arbiter.voters) {
    if (!voter.answered_at) continue;
    out.gauge("wideip_sitecheck_voter_silence_seconds", "Since the voter last answered.",
              {{"pool", view.name}, {"voter", voter.name}}, io::to_seconds(p.now - *voter.answered_at));
  }
  for (const auto& service : runner.services(index)) {
    if (!service.ok) continue;
    out.gauge("wideip_sitecheck_service_up", "1 if the service address of another site answered from here.",
              {{"pool", view.name}, {"site", service.site}}, *service.ok ? 1 : 0);
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(core::Counter::kCount); ++i) {
    const auto counter = static_cast<core::Counter>(i);
    out.counter("wideip_sitecheck_pool_events_total", "What the pool has lived through, by kind.",
                {{"pool", view.name}, {"event", std::string(core::name(counter))}}, number(view.counters.get(counter)));
  }
  for (const auto& n : view.nodes) {
    const io::MetricsText::Labels node = {{"pool", view.name}, {"node", n.name}};
    out.gauge("wideip_sitecheck_node_status", "0 OK, 1 OK_INFO, 2 OK_WARN, 3 OK_CRITICAL, 4 FAIL.", node,
              number(static_cast<int>(n.status)));
    out.gauge("wideip_sitecheck_node_failed_polls", "Failed polls in a row.", node, n.req);
    if (n.lag_ms) {
      out.gauge("wideip_sitecheck_node_lag_seconds", "Replication lag.", node, number(*n.lag_ms) / 1000);
      out.gauge("wideip_sitecheck_node_lag_by_heartbeat",
                "1 if the lag is told by the writer's heartbeat row, 0 if by the server itself.", node,
                n.lag_by == core::LagSource::kHeartbeat ? 1 : 0);
    }
  }
}

void certificate_metrics(io::MetricsText& out, const conf::Sitecheck& conf) {
  const auto add = [&](const char* port, const std::optional<conf::ServerTls>& tls) {
    if (!tls) return;
    out.certificate("wideip_sitecheck", port, "cert", tls->cert);
    out.certificate("wideip_sitecheck", port, "client_ca", tls->client_ca);
  };
  add("ecv", conf.ecv.tls);
  if (conf.stats) add("stats", conf.stats->tls);
}

// The last bucket holds whatever took longer, too.
void probe_metrics(io::MetricsText& out, const ProbeTimes& times) {
  std::vector<double> bounds;
  for (std::size_t i = 0; i + 1 < ProbeTimes::kBuckets; ++i) bounds.push_back(ProbeTimes::bound(i));
  out.histogram("wideip_sitecheck_probe_duration_seconds", "How long good probes of nodes took.", {}, bounds,
                {times.counts().begin(), times.counts().end()}, io::to_seconds(times.sum()));
}

}  // namespace

std::string reload_metrics(const ReloadCounters& counters) {
  io::MetricsText out;
  constexpr const char* kReloads = "wideip_sitecheck_reloads_total";
  constexpr const char* kHelp = "Readings of the configuration, by what became of them.";
  out.counter(kReloads, kHelp, {{"result", "done"}}, static_cast<double>(counters.done));
  out.counter(kReloads, kHelp, {{"result", "refused"}}, static_cast<double>(counters.refused));
  return out.text();
}

std::string metrics_text(const Runner& runner, const EcvCounters* ecv, const Present& p) {
  io::MetricsText out;
  const auto number = [](auto v) { return static_cast<double>(v); };
  out.gauge("wideip_sitecheck_info", "Version and site.",
            {{"version", WIDEIP_VERSION}, {"site", runner.conf().site.name}}, 1);
  out.gauge("wideip_sitecheck_uptime_seconds", "Since the start.", {}, io::to_seconds(p.now - p.started));
  certificate_metrics(out, runner.conf());
  for (std::size_t i = 0; i < runner.conf().pools.size(); ++i) pool_metrics(out, runner, i, p);
  probe_metrics(out, runner.probe_times());
  const auto checkpoints = runner.site().checkpoints();
  out.gauge("wideip_sitecheck_checkpoints_ok", "External checkpoints that answered.", {}, checkpoints.ok);
  out.gauge("wideip_sitecheck_checkpoints_quorum", "How many must answer.", {}, checkpoints.quorum);
  for (const auto& c : checkpoints.items) {
    out.gauge("wideip_sitecheck_checkpoint_up", "1 if it answered in the last round.", {{"checkpoint", c.id}},
              c.ok ? 1 : 0);
  }
  const auto& peer = runner.peer_counters();
  const auto datagrams = [&](const char* result, std::uint64_t count) {
    out.counter("wideip_sitecheck_peer_datagrams_total", "Datagrams of the peer port, by what became of them.",
                {{"result", result}}, number(count));
  };
  datagrams("sent", peer.sent);
  datagrams("send_failed", peer.send_failed);
  datagrams("received", peer.received);
  datagrams("relay", peer.relays);
  datagrams("unverifiable", peer.unverifiable);
  datagrams("foreign", peer.foreign);
  if (const auto* etcd = runner.etcd(); etcd != nullptr) {
    const auto& c = etcd->counters();
    out.counter("wideip_sitecheck_etcd_requests_total", "Requests to etcd.", {}, number(c.calls));
    out.counter("wideip_sitecheck_etcd_failures_total", "Of them, without a proper answer.", {}, number(c.failed));
    out.counter("wideip_sitecheck_etcd_garbage_total", "Of these, answered but not understood.", {}, number(c.garbage));
    out.counter("wideip_sitecheck_etcd_failovers_total", "Turns to another endpoint.", {}, number(c.failovers));
  }
  if (ecv != nullptr) {
    out.counter("wideip_sitecheck_ecv_answers_total", "ECV reports sent.", {}, number(ecv->answers));
    out.counter("wideip_sitecheck_ecv_held_total", "Of them, held by a long poll.", {}, number(ecv->held));
    out.counter("wideip_sitecheck_ecv_refused_total", "ECV requests refused.", {}, number(ecv->refused));
  }
  out.process("wideip_sitecheck");
  return out.text();
}

}  // namespace sitecheck
