#include "sitecheck/io/status_json.h"

#include <unistd.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sitecheck/io/status_parts.h"
#include "sitecheck/io/translate.h"

namespace sitecheck {

namespace {

std::string_view scope_name(core::Scope s) {
  switch (s) {
    case core::Scope::kInternal: return "internal";
    case core::Scope::kEdge: return "edge";
    case core::Scope::kExternal: return "external";
  }
  return "external";
}

std::string hostname() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 ? name : "localhost";
}

Json checkpoints_json(const core::CheckpointsView& view, const Present& p) {
  Json items = Json::array();
  for (const auto& c : view.items) {
    items.push_back({{"id", c.id},
                     {"scope", scope_name(c.scope)},
                     {"ok", c.ok},
                     {"req", c.req},
                     {"time", local_time(c.time, p)},
                     {"message", c.message}});
  }
  return {{"ok", view.ok}, {"total", view.total}, {"quorum", view.quorum}, {"cut", view.cut}, {"items", items}};
}

// The votes and the lease of the first pool stand for the site: who votes, and which etcd is asked, is the same for
// all.
Json arbiter_json(const Runner& runner, const Present& p) {
  const auto& conf = runner.conf();
  const auto ca = runner.site().assumption(p.now);
  Json out{{"mode", conf::name(conf.arbiter.mode)},
           {"on_silence", conf.arbiter.promote_on_silence ? "promote" : "hold"},
           {"preset", conf.arbiter.preset},
           {"ca", ca.state},
           {"ca_detail", ca.detail}};
  if (conf.pools.empty()) return out;
  const auto first = runner.site().pool(0, p.now);
  if (conf.arbiter.mode == conf::ArbiterMode::kWitness) {
    out["quorum"] = first.arbiter.quorum;
    out["voters"] = voters_json(first.arbiter, p);
  }
  if (const auto* etcd = runner.etcd(); etcd != nullptr) {
    const auto& counters = etcd->counters();
    out["etcd"] = {{"endpoint", etcd->endpoint()},
                   {"endpoints", conf.arbiter.etcd->endpoints},
                   {"heard", or_null(first.arbiter.etcd_heard)},
                   {"owner", first.arbiter.etcd_owner},
                   {"lease_ms", first.arbiter.lease_id == 0 ? Json(nullptr) : Json(first.lease_ms)},
                   {"calls", counters.calls},
                   {"failed", counters.failed},
                   {"garbage", counters.garbage},
                   {"failovers", counters.failovers}};
  }
  return out;
}

Json refused_json(const Runner& runner, const Present& p) {
  Json out = Json::array();
  for (const auto& r : runner.refused()) {
    out.push_back({{"from", r.from.empty() ? "another site" : r.from},
                   {"pool", r.pool},
                   {"reason", r.reason},
                   {"count", r.count},
                   {"since", local_time(r.since, p)}});
  }
  if (const auto foreign = runner.peer_counters().foreign; foreign > 0) {
    out.push_back({{"from", "addresses that are no peer's"},
                   {"pool", ""},
                   {"reason", "not to be verified"},
                   {"count", foreign},
                   {"since", ""}});
  }
  return out;
}

// What was heard on each path, whichever pool's datagram it was.
Json peers_json(const Runner& runner, const Present& p) {
  const auto& conf = runner.conf();
  Json out = Json::array();
  for (const auto& peer : conf.peers) {
    std::optional<base::Instant> heard;
    bool match = true;
    std::vector<std::optional<base::Instant>> paths(peer.addr.size());
    for (std::size_t i = 0; i < conf.pools.size(); ++i) {
      const auto view = runner.site().pool(i, p.now);
      for (const auto& said : view.peers) {
        if (said.site != peer.site) continue;
        heard = std::max(heard, said.last_heard);
        match = match && said.config_match;
        for (std::size_t n = 0; n < paths.size() && n < said.paths.size(); ++n) {
          paths[n] = std::max(paths[n], said.paths[n]);
        }
      }
    }
    Json path_list = Json::array();
    for (std::size_t n = 0; n < paths.size(); ++n) {
      path_list.push_back({{"addr", peer.addr[n].to_string()}, {"last_heard_ms", age(paths[n], p.now)}});
    }
    out.push_back(
        {{"site", peer.site}, {"last_heard_ms", age(heard, p.now)}, {"config_match", match}, {"paths", path_list}});
  }
  return out;
}

}  // namespace

std::string status_json(const Runner& runner, const Present& p, bool with_pools) {
  const auto& conf = runner.conf();
  Json pools = Json::array();
  for (std::size_t i = 0; with_pools && i < conf.pools.size(); ++i) pools.push_back(pool_json(runner, i, p));
  const Json out{{"site", conf.site.name},
                 {"site_id", conf.site.id},
                 {"instance", hostname() + ":" + std::to_string(::getpid())},
                 {"version", WIDEIP_VERSION},
                 {"uptime_ms", base::to_ms(p.now - p.started)},
                 {"pid", ::getpid()},
                 {"mode", core::name(runner.site().mode())},
                 {"arbiter", arbiter_json(runner, p)},
                 {"checkpoints", checkpoints_json(runner.site().checkpoints(), p)},
                 {"peers", peers_json(runner, p)},
                 {"pools", pools},
                 {"refused", refused_json(runner, p)}};
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

std::string pool_status_json(const Runner& runner, std::size_t index, const Present& p) {
  return pool_json(runner, index, p).dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace sitecheck
