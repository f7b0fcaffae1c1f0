#include "dnsd/control/metrics.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/io/metrics_text.h"
#include "dnsd/control/monitor_json.h"
#include "dnsd/control/witness_json.h"
#include "dnsd/decide/explain.h"
#include "dnsd/decide/safety.h"
#include "zones/wire/types.h"

namespace control {

namespace {

using io::MetricsText;

double as_number(std::uint64_t n) { return static_cast<double>(n); }

// One family for each group of the data plane's counters, so that a new counter needs no line here.
struct Group {
  const char* group;
  const char* name;
  const char* label;
  const char* help;
};
constexpr Group kGroups[] = {
    {"transport", "wideip_dnsd_queries_total", "transport", "Queries received, by transport."},
    {"outcome", "wideip_dnsd_outcomes_total", "outcome", "Responses sent, by what they were."},
    {"property", "wideip_dnsd_messages_total", "property", "Queries and responses with a property."},
    {"drop", "wideip_dnsd_drops_total", "reason", "Packets dropped without a response, by reason."},
    {"tcp", "wideip_dnsd_tcp_connections_total", "event", "TCP connections, by what befell them."},
    {"bytes", "wideip_dnsd_dns_bytes_total", "direction", "Octets of DNS messages."},
};

void add_queries(MetricsText& out, const snapshot::Summed& queries) {
  for (const auto& group : kGroups) {
    for (std::size_t i = 0; i < snapshot::kCounters; ++i) {
      const auto name = snapshot::counter_name(static_cast<snapshot::Counter>(i));
      if (std::string_view(name.group) != group.group) continue;
      out.counter(group.name, group.help, {{group.label, name.name}}, as_number(queries.counters[i]));
    }
  }
  for (std::size_t i = 0; i < snapshot::kRcodes; ++i) {
    const bool rest = i + 1 == snapshot::kRcodes;
    const auto rcode = rest ? std::string("other") : wire::rcode_name(static_cast<wire::Rcode>(i));
    // Most codes are never given: those without a name appear when they are.
    if (!rest && rcode.starts_with("RCODE") && queries.rcodes[i] == 0) continue;
    out.counter("wideip_dnsd_responses_total", "Responses sent, by response code.", {{"rcode", rcode}},
                as_number(queries.rcodes[i]));
  }
}

// Reports that were no answers at all are failures; those that somebody gave and that could not be believed are
// refused, which is worth an alarm.
void add_reports(MetricsText& out, const FaultCounters& faults) {
  out.counter("wideip_dnsd_reports_accepted_total", "ECV reports believed.", {}, as_number(faults[Fault::kNone]));
  for (std::size_t i = 1; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    const auto count = as_number(faults[fault]);
    const MetricsText::Labels reason{{"reason", std::string(name(fault))}};
    if (suspicious(fault)) {
      out.counter("wideip_dnsd_reports_refused_total", "Answers to ECV polls that were not believed, by reason.",
                  reason, count);
    } else {
      out.counter("wideip_dnsd_report_failures_total", "ECV polls without an answer, by reason.", reason, count);
    }
  }
}

void add_topology(MetricsText& out, const TopologyStanding& topology) {
  const auto& map = *topology.now->map;
  constexpr const char* kRanges = "wideip_dnsd_topology_ranges";
  constexpr const char* kRangesHelp = "Ranges of client addresses in the map of regions, by family.";
  out.gauge(kRanges, kRangesHelp, {{"family", "ipv4"}}, as_number(map.ranges_v4()));
  out.gauge(kRanges, kRangesHelp, {{"family", "ipv6"}}, as_number(map.ranges_v6()));
  out.gauge("wideip_dnsd_topology_database_current",
            "0 while the database of regions cannot be used, and an older one or none is.", {},
            topology.fault.empty() ? 1 : 0);
  out.counter("wideip_dnsd_topology_failures_total", "Times that the database of regions could not be used.", {},
              as_number(topology.failures));
}

void add_certificates(MetricsText& out, const View& view) {
  if (!view.config.stats || !view.config.stats->tls) return;
  const auto& tls = *view.config.stats->tls;
  out.certificate("wideip_dnsd", "stats", "cert", tls.cert);
  out.certificate("wideip_dnsd", "stats", "client_ca", tls.client_ca);
}

void add_control(MetricsText& out, const View& view) {
  add_certificates(out, view);
  out.gauge("wideip_dnsd_build_info", "Always 1; the version is a label.", {{"version", WIDEIP_VERSION}}, 1);
  out.gauge("wideip_dnsd_uptime_seconds", "Time since the start.", {}, io::to_seconds(view.now.boot - view.started));
  out.gauge("wideip_dnsd_ready", "1 once the first round of polls is over.", {}, view.ready ? 1 : 0);
  constexpr const char* kReloads = "wideip_dnsd_reloads_total";
  constexpr const char* kReloadsHelp = "Reloads, by result.";
  out.counter(kReloads, kReloadsHelp, {{"result", "done"}}, as_number(view.reloads.done));
  out.counter(kReloads, kReloadsHelp, {{"result", "refused"}}, as_number(view.reloads.refused));
  out.gauge("wideip_dnsd_table_generation", "How many answer tables were published.", {},
            as_number(view.zones.generation()));
  add_topology(out, view.topology);
  const auto& engine = view.engine.counters();
  out.counter("wideip_dnsd_decisions_total", "Decisions made.", {}, as_number(engine.decisions));
  out.counter("wideip_dnsd_flips_total", "Changes from one accepted answer to another.", {}, as_number(engine.flips));
  out.counter("wideip_dnsd_leaps_refused_total", "Claims that were refused for an epoch from the far future.", {},
              as_number(engine.leaps));
  out.counter("wideip_dnsd_republished_total", "Answers handed to the workers.", {}, as_number(engine.republished));
  out.counter("wideip_dnsd_memory_write_failures_total", "Writes of the memory of epochs and answers that failed.", {},
              as_number(engine.persist_failures));
  out.gauge("wideip_dnsd_memory_writable", "0 while the memory cannot be written: no answer can flip.", {},
            view.engine.ledger_broken() ? 0 : 1);
  constexpr const char* kRelays = "wideip_dnsd_relay_datagrams_total";
  constexpr const char* kRelaysHelp = "Datagrams between this server and the sites, by what befell them.";
  out.counter(kRelays, kRelaysHelp, {{"event", "sent"}}, as_number(view.relays.sent));
  out.counter(kRelays, kRelaysHelp, {{"event", "send_failed"}}, as_number(view.relays.send_failed));
  out.counter(kRelays, kRelaysHelp, {{"event", "received"}}, as_number(view.relays.received));
  out.counter(kRelays, kRelaysHelp, {{"event", "unverified"}}, as_number(view.relays.unverified));
}

// A series for each kind and rule, never for an order: their texts are people's.
void add_overrides(MetricsText& out, const View& view) {
  const auto& standing = view.overrides;
  const auto count = [&](decide::OrderKind kind, bool glass) {
    return std::count_if(standing.list.begin(), standing.list.end(), [&](const Order& order) {
      return order.what.kind == kind && order.what.break_glass == glass;
    });
  };
  for (const auto kind : {decide::OrderKind::kDrain, decide::OrderKind::kPin}) {
    const std::string word(decide::name(kind));
    for (const bool glass : {false, true}) {
      out.gauge("wideip_dnsd_overrides", "Orders of operators in force, by kind, and whether against a safety rule.",
                {{"kind", word}, {"break_glass", glass ? "true" : "false"}}, static_cast<double>(count(kind, glass)));
    }
    const auto given = standing.counters.given.find(word);
    out.counter("wideip_dnsd_overrides_given_total", "Orders of operators that were given, by kind.", {{"kind", word}},
                given == standing.counters.given.end() ? 0 : as_number(given->second));
  }
  if (const auto ends = next_expiry(standing.list)) {
    out.gauge("wideip_dnsd_override_expiry_seconds", "Time until the first order of an operator ends by itself.", {},
              io::to_seconds(std::max(*ends - view.now.boot, base::Duration{})));
  }
  for (const auto rule :
       {decide::Rule::kPinUp, decide::Rule::kAtLeast, decide::Rule::kNeverBoth, decide::Rule::kConfirm}) {
    const std::string word(decide::name(rule));
    const auto refused = standing.counters.refused.find(word);
    out.counter("wideip_dnsd_overrides_refused_total", "Orders that a safety rule refused, by rule.", {{"rule", word}},
                refused == standing.counters.refused.end() ? 0 : as_number(refused->second));
  }
  out.counter("wideip_dnsd_break_glass_total", "Orders that were given against a safety rule.", {},
              as_number(standing.counters.break_glass));
  out.counter("wideip_dnsd_overrides_expired_total", "Orders that ended by themselves.", {},
              as_number(standing.counters.expired));
  out.gauge("wideip_dnsd_overrides_writable", "0 if orders could not be written down when that was tried last.", {},
            standing.writable ? 1 : 0);
}

void add_wideip(MetricsText& out, const View& view, std::size_t index) {
  const Named& named = view.engine.names()[index];
  const Standing& standing = view.engine.standings()[named.standing];
  const MetricsText::Labels of{{"wideip", named.name}};
  const auto& decision = standing.decision;
  out.gauge("wideip_dnsd_wideip_addresses",
            "Addresses, or names it is an alias of, that clients are answered with now; 0: none.", of,
            as_number(view.engine.answer_texts(named).size()));
  out.gauge("wideip_dnsd_wideip_ttl_seconds", "TTL answered now.", of, as_number(decision.ttl_s));
  out.gauge("wideip_dnsd_wideip_stale", "1 while the last answer is held without a live claim.", of,
            decision.stale ? 1 : 0);
  out.gauge(
      "wideip_dnsd_wideip_alarm",
      "1 on two claims of one epoch, an epoch that leaps, or an order of an operator against what the claims say.", of,
      decision.alarm() ? 1 : 0);
  out.gauge("wideip_dnsd_wideip_up", "1 while a live claim, or members that are up, stand behind the answer.", of,
            decision.accepted() ? 1 : 0);
  for (const decide::Pool& pool : standing.config.pools) {
    const auto up = std::count_if(pool.members.begin(), pool.members.end(), [&](std::size_t i) {
      return i < decision.verdicts.size() && decision.verdicts[i].value == decide::Value::kUp;
    });
    out.gauge("wideip_dnsd_pool_members_up", "Members of a wide-IP's pool that are up.",
              {{"wideip", named.name}, {"pool", pool.name}}, static_cast<double>(up));
  }
  out.gauge("wideip_dnsd_wideip_epoch_counter", "Counter of the epoch of the answer.", of,
            as_number(decision.epoch.counter()));
  out.gauge("wideip_dnsd_wideip_since_seconds", "How long the answer has been what it is.", of,
            io::to_seconds(view.now.boot - standing.since));
  out.gauge("wideip_dnsd_wideip_served", "0 if the zone of the wide-IP could not be loaded.", of,
            view.zones.served(index) ? 1 : 0);
  out.counter("wideip_dnsd_wideip_flips_total", "Changes of the wide-IP from one accepted answer to another.", of,
              as_number(standing.flips));
}

void add_wideips(MetricsText& out, const View& view) {
  const std::size_t names = view.engine.names().size();
  std::map<std::string_view, std::uint64_t> by_outcome;
  for (const auto outcome :
       {decide::Outcome::kAnswer, decide::Outcome::kServfail, decide::Outcome::kNodata, decide::Outcome::kRefuse}) {
    by_outcome[decide::name(outcome)] = 0;
  }
  for (const auto& standing : view.engine.standings()) {
    by_outcome[decide::name(standing.decision.outcome)] += standing.names.size();
  }
  for (const auto& [outcome, count] : by_outcome) {
    out.gauge("wideip_dnsd_wideips", "Wide-IPs, by what is answered for them.", {{"outcome", std::string(outcome)}},
              as_number(count));
  }
  const auto listed = std::min(names, kMetricsListed);
  out.gauge("wideip_dnsd_wideips_not_listed", "Wide-IPs beyond those that have series of their own.", {},
            as_number(names - listed));
  for (std::size_t i = 0; i < listed; ++i) add_wideip(out, view, i);
}

void add_member(MetricsText& out, const View& view, const decide::MemberId& id, const MemberHealth& member) {
  const MetricsText::Labels of{{"site", id.site}, {"pool", id.pool}};
  const auto observed = member.observation();
  out.gauge("wideip_dnsd_member_failing", "1 while no path to the site's report of the pool answers.", of,
            observed.failing ? 1 : 0);
  if (!member.claim) return;
  const auto& claim = *member.claim;
  const bool active = claim.state == ecv::PoolState::kActive;
  out.gauge("wideip_dnsd_claim_age_seconds", "Age of the newest report of the site's pool.", of,
            io::to_seconds(view.now.boot - claim.heard));
  out.gauge("wideip_dnsd_claim_active", "1 if that report claims ACTIVE.", of, active ? 1 : 0);
  out.gauge("wideip_dnsd_claim_epoch_counter", "Counter of the epoch in that report.", of,
            as_number(claim.epoch.counter()));
  const auto left = active ? claim.lease_end() - view.now.boot : base::Duration{};
  out.gauge("wideip_dnsd_claim_lease_seconds", "Lease left of an ACTIVE claim, aged from the request.", of,
            io::to_seconds(std::max(left, base::Duration{})));
}

void add_members(MetricsText& out, const View& view) {
  std::size_t listed = 0;
  for (const auto& [id, member] : view.health.members()) {
    if (++listed > kMetricsListed) break;
    add_member(out, view, id, member);
  }
}

void add_zones(MetricsText& out, const View& view) {
  std::size_t listed = 0;
  for (const auto& zone : view.zones.catalog().zones) {
    if (++listed > kMetricsListed) break;
    const MetricsText::Labels of{{"zone", zone.config.origin}};
    out.gauge("wideip_dnsd_zone_loaded", "1 if a version of the zone is served.", of, zone.data != nullptr ? 1 : 0);
    out.gauge("wideip_dnsd_zone_fresh", "0 if the file has faults: its last good version, if any, is served.", of,
              zone.fresh ? 1 : 0);
    if (zone.data == nullptr) continue;
    out.gauge("wideip_dnsd_zone_serial", "Serial of the served version.", of, as_number(zone.data->serial));
    out.gauge("wideip_dnsd_zone_records", "Records of the served version.", of, as_number(zone.data->records));
  }
}

}  // namespace

std::string metrics_text(const View& view) {
  MetricsText out;
  add_control(out, view);
  out.process("wideip_dnsd");
  add_queries(out, view.queries);
  add_reports(out, view.faults);
  add_overrides(out, view);
  add_wideips(out, view);
  add_members(out, view);
  add_witness(out, view);
  add_monitors(out, view);
  add_zones(out, view);
  return out.text();
}

}  // namespace control
