#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <sstream>

#include "conf/bounds.h"
#include "conf/load.h"

namespace conf {

namespace {

using Json = nlohmann::ordered_json;
using base::to_ms;

std::string shown(base::Duration d) { return std::to_string(to_ms(d)) + " ms"; }

std::string_view word(OnNone none) {
  switch (none) {
    case OnNone::kServfail: return "servfail";
    case OnNone::kNodata: return "nodata";
    case OnNone::kRefuse: return "refuse";
    case OnNone::kFallback: return "fallback";
    case OnNone::kAll: return "all";
  }
  return "";
}

// The site's part comes from its own mode and preset, which stand in sitecheck.yaml: so one line for each.
void say_failover(const Dnsd& d, std::ostream& text, Json& json) {
  text << "failover, from the fault until this server answers the new site, at most, by the sites' mode and preset:\n";
  json["failover"] = Json::array();
  for (const auto mode : {ArbiterMode::kCheckpoints, ArbiterMode::kWitness, ArbiterMode::kEtcd}) {
    for (const std::string_view preset : {"lan", "fast", "wan"}) {
      const auto timing = ecv::preset(preset);
      if (!timing) continue;
      const auto bounds = failover_bounds(*timing, mode);
      text << "  " << name(mode) << " " << preset << ": mysqld crashed " << shown(bounds.crash + d.poll) << ", hangs "
           << shown(bounds.hang + d.poll) << ", site lost " << shown(bounds.site_lost + d.poll) << "\n";
      json["failover"].push_back({{"mode", name(mode)},
                                  {"preset", preset},
                                  {"crash_ms", to_ms(bounds.crash + d.poll)},
                                  {"hang_ms", to_ms(bounds.hang + d.poll)},
                                  {"site_lost_ms", to_ms(bounds.site_lost + d.poll)}});
    }
  }
  text << "  a change of claim is pushed at once; poll " << shown(d.poll) << " is the most that a lost message costs\n";
}

// What each of several pools implies: how many of its members may fail before the next one answers.
void say_pools(const WideIp& w, std::ostream& text) {
  if (w.pools.size() < 2) return;
  for (const MemberPool& pool : w.pools) {
    text << "  pool " << pool.name << ": " << name(pool.method) << " over " << pool.count
         << (pool.count == 1 ? " member" : " members") << ", down with fewer than " << pool.min_members_up << " up\n";
  }
}

void say_wideip(const WideIp& w, std::ostream& text, Json& json) {
  const base::Duration ttl = base::seconds(w.ttl_s);
  const base::Duration min_ttl = base::seconds(w.min_ttl_s);
  std::string none = std::string(word(w.on_none.then));
  if (w.on_none.hold > base::Duration::zero()) {
    none = "hold " + base::format_duration(w.on_none.hold) + ", then " + none;
  }
  const bool writer = w.method == Method::kActiveWriter;
  if (w.on_none.then == OnNone::kFallback) {
    for (const auto& address : w.on_none.fallback) none += " " + address.to_string();
  }
  text << "wide-IP " << w.name << ": " << name(w.method) << " over ";
  if (w.pools.size() > 1) text << w.pools.size() << " pools of ";
  text << w.members.size() << (w.members.size() == 1 ? " member" : " members") << ", on_none " << none << "\n";
  say_pools(w, text);
  text << "  a compliant resolver holds a stale answer at most ttl = " << w.ttl_s << " s after this server changed its "
       << "answer;\n"
       << (writer ? "  if the old claim was not renewed for " : "  if its tests failed for ") << w.ttl_s - w.min_ttl_s
       << " s or more before that, at most min_ttl = " << w.min_ttl_s << " s\n";
  json.push_back({{"name", w.name},
                  {"method", name(w.method)},
                  {"pools", w.pools.size()},
                  {"members", w.members.size()},
                  {"ttl_s", w.ttl_s},
                  {"min_ttl_s", w.min_ttl_s},
                  {"on_none", none},
                  {"hold_down_ms", to_ms(w.hold_down)},
                  {"stale_bound_ms", to_ms(stale_bound(ttl, min_ttl, base::Duration::zero()))},
                  {"stale_bound_unrenewed_ms", to_ms(stale_bound(ttl, min_ttl, ttl))}});
}

void say_monitors(const Dnsd& d, std::ostream& text, Json& json) {
  json["monitors"] = Json::array();
  for (const Monitor& m : d.monitors) {
    if (is_composite(m.kind)) continue;
    const auto bounds = down_bounds(m);
    text << "monitor " << m.name << ": a member that refuses is down after " << shown(bounds.refuses)
         << " at most, one that hangs after " << shown(bounds.hangs) << "\n";
    json["monitors"].push_back(
        {{"name", m.name}, {"refuses_ms", to_ms(bounds.refuses)}, {"hangs_ms", to_ms(bounds.hangs)}});
  }
}

// As a witness (protocol.md section 1, mode B).
void say_votes(const Dnsd& d, std::ostream& text, Json& json) {
  json["votes"] = Json::array();
  for (const auto& vote : d.votes()) {
    Json sites = Json::array();
    text << "votes (mode witness): pool " << vote.pool << ", asked by";
    for (const auto* site : vote.sites) {
      text << " " << site->name;
      sites.push_back(site->name);
    }
    text << "\n";
    json["votes"].push_back({{"pool", vote.pool}, {"sites", std::move(sites)}});
  }
}

void say_topology(const Topology& topology, std::ostream& text, Json& json) {
  if (topology.regions.empty()) return;
  Json out{{"regions", Json::array()}};
  text << "topology:";
  for (const auto& region : topology.regions) {
    text << (out["regions"].empty() ? " " : ", ") << region.name;
    out["regions"].push_back(region.name);
  }
  if (topology.size) {
    const auto& size = *topology.size;
    text << "; a map of " << size.ranges_v4 << " IPv4 and " << size.ranges_v6 << " IPv6 ranges, "
         << (size.octets + 1023) / 1024 << " KiB" << (size.database.empty() ? "" : "; database " + size.database);
    out["ranges_v4"] = size.ranges_v4;
    out["ranges_v6"] = size.ranges_v6;
    out["bytes"] = size.octets;
    out["database"] = size.database;
  }
  text << "\n";
  json["topology"] = std::move(out);
}

// A line for each wide-IP would hide what matters where there are thousands.
constexpr std::size_t kShown = 20;

}  // namespace

Implications implications(const Loaded<Dnsd>& loaded) {
  const Dnsd& d = loaded.value;
  std::ostringstream text;
  Json json{{"program", "dnsd"},
            {"id", d.server.id},
            {"zones", d.zones.size()},
            {"poll_ms", to_ms(d.poll)},
            {"relays", d.relay.has_value()}};
  text << "server " << d.server.id << ": " << d.zones.size() << (d.zones.size() == 1 ? " zone, " : " zones, ")
       << d.wideips.size() << (d.wideips.size() == 1 ? " wide-IP, " : " wide-IPs, ") << d.sites.size()
       << (d.sites.size() == 1 ? " site\n" : " sites\n");
  json["sites"] = Json::array();
  for (const auto& site : d.sites) {
    json["sites"].push_back({{"name", site.name}, {"ecv_paths", site.ecv.size()}, {"peer_paths", site.peer.size()}});
    text << "site " << site.name << ": paths to its reports " << site.ecv.size() << ", for datagrams "
         << site.peer.size() << "\n";
  }
  json["wideips"] = Json::array();
  std::ostringstream rest;
  for (std::size_t i = 0; i < d.wideips.size(); ++i)
    say_wideip(d.wideips[i], i < kShown ? text : rest, json["wideips"]);
  if (d.wideips.size() > kShown) text << "and " << d.wideips.size() - kShown << " more wide-IPs (--json has all)\n";
  const bool writers = std::any_of(d.wideips.begin(), d.wideips.end(),
                                   [](const WideIp& w) { return w.method == Method::kActiveWriter; });
  if (writers) say_failover(d, text, json);
  if (!d.sites.empty()) {
    text << (d.relay ? "relays: this server tells each site which one is ACTIVE\n" : "relays: none from this server\n");
  }
  say_monitors(d, text, json);
  say_votes(d, text, json);
  say_topology(d.topology, text, json);
  return {text.str(), json.dump(-1, ' ', false, Json::error_handler_t::replace)};
}

}  // namespace conf
