// The data of `status`: shapes in conf/schema/dnsd-status.schema.json.
#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "dnsd/control/listing.h"
#include "dnsd/control/monitor_json.h"
#include "dnsd/control/status_parts.h"
#include "dnsd/control/view.h"
#include "dnsd/control/witness_json.h"
#include "dnsd/decide/explain.h"

namespace control {

namespace {

using Json = nlohmann::ordered_json;

Json age_ms(std::optional<base::Instant> then, base::Instant now) {
  return then ? Json(base::to_ms(now - *then)) : Json(nullptr);
}

Json texts(const std::vector<base::IpAddress>& addresses) {
  Json out = Json::array();
  for (const auto& address : addresses) out.push_back(address.to_string());
  return out;
}

std::int64_t lease_left_ms(const decide::Claim& claim, base::Instant now) {
  if (claim.state != ecv::PoolState::kActive) return 0;
  return std::max<std::int64_t>(base::to_ms(claim.lease_end() - now), 0);
}

Json member_json(const View& view, const decide::Member& member, const decide::Observation& seen,
                 const decide::Verdict& verdict, ecv::Epoch highest) {
  const base::Instant now = view.now.boot;
  Json out{{"name", decide::member_text(member.id)}};
  if (member.of_site()) {
    out["site"] = member.id.site;
    out["pool"] = member.id.pool;
  }
  out["monitor"] = member.monitor;
  out["addresses"] = texts(member.addresses);
  if (!member.cname.empty()) out["cname"] = member.cname + ".";
  out["value"] = std::string(decide::name(verdict.value));
  out["ground"] = std::string(decide::name(verdict.ground));
  out["state"] = seen.claim ? std::string(ecv::name(seen.claim->state)) : "";
  out["epoch"] = seen.claim ? seen.claim->epoch.value : 0;
  out["lease_ms"] = seen.claim ? lease_left_ms(*seen.claim, now) : 0;
  out["last_heard_ms"] = seen.claim ? age_ms(seen.claim->heard, now) : Json(nullptr);
  out["failing"] = seen.failing;
  out["ordered"] = seen.drained ? "drained" : seen.forced ? "forced" : seen.pinned ? "pinned" : "";
  out["service"] = name(view.services.view(member.id));
  out["detail"] = decide::detail(member, seen, verdict, highest, now);
  return out;
}

}  // namespace

Json pools_json(const decide::WideIp& wideip, const decide::Decision& decision) {
  Json out = Json::array();
  for (const decide::Pool& pool : wideip.pools) {
    Json members = Json::array();
    std::size_t up = 0;
    bool answers = false;
    for (const std::size_t i : pool.members) {
      const decide::MemberId& id = wideip.members[i].id;
      members.push_back(decide::member_text(id));
      up += decision.verdicts[i].value == decide::Value::kUp ? 1U : 0U;
      answers = answers || std::find(decision.members.begin(), decision.members.end(), id) != decision.members.end();
    }
    out.push_back({{"name", pool.name},
                   {"method", std::string(decide::name(pool.method))},
                   {"up", up},
                   {"min_members_up", pool.min_members_up},
                   {"answers", answers},
                   {"members", std::move(members)}});
  }
  return out;
}

// Values as of now, not as of the last decision: lease and ages go on while nothing changes.
nlohmann::ordered_json wideip_json(const View& view, std::size_t index) {
  const Named& named = view.engine.names()[index];
  const Standing& standing = view.engine.standings()[named.standing];
  const decide::WideIp config = view.engine.wideip(named);
  const auto observed = view.engine.observe(config);
  decide::Memory memory = standing.memory;
  memory.durable = view.engine.ledger().recall(config);
  const decide::Decision now = decide::decide(config, observed, memory, view.now.boot);
  const decide::Decision& d = standing.decision;
  Json members = Json::array();
  for (std::size_t i = 0; i < config.members.size(); ++i) {
    members.push_back(member_json(view, config.members[i], observed[i], now.verdicts[i], memory.durable.highest));
  }
  return {{"name", config.name},
          {"method", std::string(decide::name(config.method))},
          {"outcome", std::string(decide::name(d.outcome))},
          {"answer", view.engine.answer_texts(named)},
          {"ttl", d.ttl_s},
          {"stale", d.stale},
          {"epoch", d.epoch.value},
          {"counter", d.epoch.counter()},
          {"reason", decide::why(config, d)},
          {"reason_id", std::string(decide::name(d.reason))},
          {"alarm", d.alarm()},
          {"since", base::format_utc(standing.since_wall)},
          {"since_ms", base::to_ms(view.now.boot - standing.since)},
          {"flips", standing.flips},
          {"served", view.zones.served(index)},
          {"policy", decide::policy_text(config.on_none)},
          {"pools", pools_json(config, now)},
          {"members", std::move(members)}};
}

namespace {

std::size_t troubled(const Engine& engine) {
  std::size_t out = 0;
  for (const Standing& standing : engine.standings()) out += in_trouble(standing) ? standing.names.size() : 0;
  return out;
}

// Which wide-IPs are shown.
std::vector<std::size_t> listed(const Engine& engine, std::optional<std::size_t> from) {
  const std::size_t total = engine.names().size();
  std::vector<std::size_t> out;
  const auto add = [&](const auto& wanted) {
    for (std::size_t i = from.value_or(0); i < total && out.size() < kStatusListed; ++i) {
      if (wanted(engine.standings()[engine.names()[i].standing])) out.push_back(i);
    }
  };
  if (from || total <= kStatusListed) {
    add([](const Standing&) { return true; });
  } else {
    add(in_trouble);
    add([](const Standing& standing) { return !in_trouble(standing); });
  }
  return out;
}

// Of several pools polled over one URL, the freshest answer, and the first error.
Json path_json(const View& view, const std::string& site, const std::string& url) {
  std::optional<base::Instant> last_ok;
  std::string error;
  for (const auto& [id, member] : view.health.members()) {
    if (id.site != site) continue;
    for (const PathHealth& path : member.paths) {
      if (path.url != url) continue;
      if (path.last_ok && (!last_ok || *path.last_ok > *last_ok)) last_ok = path.last_ok;
      if (path.fault != Fault::kNone && error.empty()) error = std::string(name(path.fault)) + ": " + path.error;
    }
  }
  return {{"url", url}, {"last_ok_ms", age_ms(last_ok, view.now.boot)}, {"error", error}};
}

Json site_json(const View& view, const conf::EcvSite& site) {
  Json paths = Json::array();
  for (const std::string& url : bare_urls(site)) paths.push_back(path_json(view, site.name, url));
  return {{"name", site.name}, {"paths", std::move(paths)}};
}

Json zone_json(const compile::CatalogZone& zone) {
  std::string error;
  for (const conf::Fault& fault : zone.faults) error += (error.empty() ? "" : "\n") + to_string(fault);
  return {{"origin", zone.config.origin},
          {"serial", zone.data ? zone.data->serial : 0},
          {"file", zone.config.file.string()},
          {"loaded", zone.data != nullptr},
          {"fresh", zone.fresh},
          {"error", error}};
}

Json topology_json(const TopologyStanding& topology) {
  return {{"regions", topology.now->regions},
          {"ranges_v4", topology.now->map->ranges_v4()},
          {"ranges_v6", topology.now->map->ranges_v6()},
          {"database", topology.now->database},
          {"error", topology.fault}};
}

// What came in and was not believed, since the start.
Json refused_json(const View& view) {
  Json out = Json::array();
  const auto add = [&](const char* what, const std::string& reason, std::uint64_t count) {
    if (count > 0) out.push_back({{"what", what}, {"reason", reason}, {"count", count}});
  };
  for (std::size_t i = 0; i < kFaults; ++i) {
    const auto fault = static_cast<Fault>(i);
    if (suspicious(fault)) add("report", std::string(words(fault)), view.faults[fault]);
  }
  add("claim", "an epoch from the far future", view.engine.counters().leaps);
  for (const auto& [reason, count] : view.relays.refused) add("datagram", reason, count);
  add("datagram", "asks for a vote that is not this server's", view.voter.counters().foreign);
  std::uint64_t stale = 0;
  for (const VoteStanding& vote : view.voter.standings(view.now.boot)) stale += vote.view.stale;
  add("datagram", "replayed or overtaken, or of a site that is not known here", stale);
  return out;
}

}  // namespace

nlohmann::ordered_json server_json(const View& view) {
  Json listen = Json::array();
  for (const auto& address : view.listen) listen.push_back(address.to_string());
  Json sites = Json::array();
  for (const conf::EcvSite& site : view.config.sites) sites.push_back(site_json(view, site));
  Json zones = Json::array();
  for (const auto& zone : view.zones.catalog().zones) zones.push_back(zone_json(zone));
  return {{"id", view.config.server.id},
          {"version", WIDEIP_VERSION},
          {"uptime_ms", base::to_ms(view.now.boot - view.started)},
          {"pid", ::getpid()},
          {"generation", view.zones.generation()},
          {"ready", view.ready},
          {"memory_writable", !view.engine.ledger_broken()},
          {"listen", std::move(listen)},
          {"wideips_total", view.engine.names().size()},
          {"wideips_troubled", troubled(view.engine)},
          {"wideips", Json::array()},
          {"overrides", shown_json(view.overrides.list, view.now.boot)},
          {"sites", std::move(sites)},
          {"votes", votes_json(view)},
          {"services", services_json(view)},
          {"isolated", view.monitors.isolated()},
          {"monitors_total", view.monitors.size()},
          {"monitors", monitors_json(view)},
          {"refused", refused_json(view)},
          {"topology", topology_json(view.topology)},
          {"zones", std::move(zones)}};
}

std::string status_json(const View& view, std::optional<std::size_t> from) {
  Json all = server_json(view);
  for (const std::size_t index : listed(view.engine, from)) all["wideips"].push_back(wideip_json(view, index));
  return all.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace control
