// One pool as `status` shows it.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "ecv/report.h"
#include "sitecheck/io/status_parts.h"

namespace sitecheck {

Json age(const std::optional<base::Instant>& at, base::Instant now) {
  return at ? Json(base::to_ms(now - *at)) : Json(nullptr);
}

std::string local_time(const std::optional<base::Instant>& at, const Present& p) {
  return at ? base::format_local(p.wall - (p.now - *at)) : "";
}

namespace {

// As etcdctl prints it.
std::string lease_text(std::int64_t id) {
  char text[24] = {};
  std::snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(id));
  return text;
}

const conf::Node* find_node(const conf::Pool& pool, const std::string& name) {
  const auto it = std::find_if(pool.nodes.begin(), pool.nodes.end(), [&](const auto& n) { return n.name == name; });
  return it == pool.nodes.end() ? nullptr : &*it;
}

// The PRIMARY of a site is its node of the lowest priority number.
bool is_primary(const conf::Pool& pool, const conf::Node& node) {
  return std::none_of(pool.nodes.begin(), pool.nodes.end(), [&](const conf::Node& other) {
    return other.site == node.site && other.priority < node.priority;
  });
}

std::string_view promote_name(conf::PromoteWish w) {
  switch (w) {
    case conf::PromoteWish::kAllow: return "allow";
    case conf::PromoteWish::kPrefer: return "prefer";
    case conf::PromoteWish::kNever: return "never";
  }
  return "allow";
}

Json downtime_json(const core::Downtime* d) {
  if (d == nullptr) return nullptr;
  return {{"until", base::format_local(d->until)}, {"who", d->who}, {"reason", d->reason}};
}

Json roles_json(const Runner& runner, core::PoolIndex index) {
  Json out = Json::array();
  for (const auto& role : runner.keeper().roles(index)) {
    Json addresses = Json::array();
    for (const auto& a : role.addresses) {
      addresses.push_back({{"address", a.address}, {"node", a.node}, {"at", a.at}, {"pinned", a.pinned}});
    }
    out.push_back({{"name", role.name},
                   {"kind", conf::name(role.kind)},
                   {"addresses", addresses},
                   {"running", role.running},
                   {"alarm", role.alarm}});
  }
  return out;
}

Json nodes_json(const Runner& runner, const core::PoolView& view, const conf::Pool& pool, const Present& p) {
  Json out = Json::array();
  for (const auto& n : view.nodes) {
    const conf::Node* node = find_node(pool, n.name);
    if (node == nullptr) continue;
    out.push_back({{"name", n.name},
                   {"host", node->host},
                   {"port", node->port},
                   {"site", n.local ? runner.conf().site.name : node->site},
                   {"role", is_primary(pool, *node) ? "P" : "S"},
                   {"priority", n.priority},
                   {"state", ecv::name(n.state)},
                   {"status", ecv::name(n.status)},
                   {"req", n.req},
                   {"time", local_time(n.polled_at, p)},
                   {"message", n.message},
                   {"read_only", or_null(n.read_only)},
                   {"io", n.io},
                   {"sql", n.sql},
                   {"lag_ms", or_null(n.lag_ms)},
                   {"lag_by", core::name(n.lag_by)},
                   {"gtid", n.gtid},
                   {"gtid_gaps", n.gtid_gaps},
                   {"gtid_missing", n.gtid_missing},
                   {"promote", promote_name(node->promote)},
                   {"downtime", downtime_json(runner.keeper().downtime(view.name, n.name, p.wall))}});
  }
  return out;
}

Json peer_json(const core::PoolView& view) {
  if (!view.peer) return nullptr;
  return {{"state", view.peer->state ? std::string(ecv::name(*view.peer->state)) : ""},
          {"epoch", view.peer->epoch.value},
          {"eligible", view.peer->eligible},
          {"position", view.peer->position}};
}

Json switchover_json(const core::PoolView& view, const Present& p) {
  if (!view.switchover) return nullptr;
  const auto& s = *view.switchover;
  return {{"target", s.target},
          {"step", core::name(s.step)},
          {"since_ms", base::to_ms(p.now - s.since)},
          {"began_ms", base::to_ms(p.now - s.began)},
          {"reason", s.reason},
          {"given_up", s.given_up},
          {"still_lacks", s.still_lacks}};
}

}  // namespace

Json voters_json(const core::ArbiterView& arbiter, const Present& p) {
  Json out = Json::array();
  for (const auto& v : arbiter.voters) {
    out.push_back(
        {{"id", v.name}, {"witness", v.witness}, {"last_vote", v.answer}, {"age_ms", age(v.answered_at, p.now)}});
  }
  return out;
}

namespace {

// Of one pool: whose word its permit rests on, and this site's own vote.
Json pool_arbiter_json(const core::PoolView& view, const Present& p) {
  const auto& a = view.arbiter;
  Json out{{"source", a.source}, {"voters", voters_json(a, p)}, {"message", a.message}};
  if (a.kind == "witness") {
    out["vote_holder"] = a.vote_holder;
    out["vote_ms"] = a.vote_until && *a.vote_until > p.now ? Json(base::to_ms(*a.vote_until - p.now)) : Json(nullptr);
  } else if (a.kind == "etcd") {
    out["heard"] = or_null(a.etcd_heard);
    out["owner"] = a.etcd_owner;
    out["lease_id"] = a.lease_id == 0 ? "" : lease_text(a.lease_id);
  } else if (a.kind == "checkpoints") {
    out["silent_ms"] = age(a.silent_since, p.now);
    out["rounds_ms"] = age(a.rounds_since, p.now);
  }
  return out;
}

// Our service address as it is found elsewhere, and those of other sites as they are found from here.
Json service_json(const Runner& runner, core::PoolIndex index, const core::PoolView& view, const Present& p) {
  const auto& pool = runner.conf().pools[index];
  const auto found = runner.services(index);
  if (!pool.service && found.empty()) return nullptr;
  Json views = Json::array();
  for (const auto& voice : view.service_voices) {
    views.push_back({{"from", voice.from}, {"up", voice.found == ecv::ServiceView::kUp}});
  }
  Json others = Json::array();
  for (const auto& f : found) {
    others.push_back({{"site", f.site},
                      {"address", f.address.to_string()},
                      {"up", or_null(f.ok)},
                      {"age_ms", age(f.tested_at, p.now)},
                      {"message", f.message},
                      {"note", f.note}});
  }
  return {{"own", pool.service ? pool.service->to_string() : ""},
          {"found", core::name(view.service)},
          {"views", views},
          {"others", others}};
}

Json semi_sync_json(const core::PoolView& view) {
  if (view.semi_sync == core::SemiSync::kUnknown) return nullptr;
  return {{"state", core::name(view.semi_sync)}, {"replicas", view.semi_sync_replicas}};
}

Json other_sites_json(const core::PoolView& view) {
  Json out = Json::array();
  for (const auto& peer : view.peers) {
    out.push_back({{"site", peer.site},
                   {"state", peer.state ? std::string(ecv::name(*peer.state)) : ""},
                   {"epoch", peer.epoch.value},
                   {"eligible", peer.eligible},
                   {"position", peer.position}});
  }
  return out;
}

}  // namespace

Json pool_json(const Runner& runner, core::PoolIndex index, const Present& p) {
  const auto& pool = runner.conf().pools[index];
  const auto view = runner.site().pool(index, p.now);
  const auto guard = runner.guard(index, p.now);
  return {{"name", view.name},
          {"kind", pool.kind},
          {"arbitrated", view.arbitrated},
          {"state", core::name(view.state)},
          {"status", ecv::name(view.status)},
          {"since", local_time(view.since, p)},
          {"epoch", view.epoch.value},
          {"counter", view.epoch.counter()},
          {"lease_ms", view.lease_ms},
          {"max_epoch_seen", view.max_epoch_seen.value},
          {"eligible", view.eligible},
          {"reason", view.reason},
          {"fence", ecv::name(view.fence)},
          {"guard",
           {{"kind", conf::name(pool.guard)},
            {"armed", guard.armed},
            {"alive", guard.alive},
            {"deadline_ms", or_null(guard.deadline_ms)},
            {"last_heard_ms", or_null(guard.last_heard_ms)}}},
          {"alarms", runner.keeper().alarms(index, view, p.wall)},
          {"peer", peer_json(view)},
          {"arbiter", pool_arbiter_json(view, p)},
          {"peers", other_sites_json(view)},
          {"accept_unfenced", pool.accept_unfenced},
          {"switchover", switchover_json(view, p)},
          {"service", service_json(runner, index, view, p)},
          {"semi_sync", semi_sync_json(view)},
          {"errant", view.errant},
          {"promotions", view.promotions},
          {"fences", view.fences},
          {"roles", roles_json(runner, index)},
          {"nodes", nodes_json(runner, view, pool, p)}};
}

std::vector<EcvNode> ecv_nodes(const Runner& runner, std::string_view pool, base::Instant now) {
  std::vector<EcvNode> out;
  const auto& conf = runner.conf();
  for (std::size_t i = 0; i < conf.pools.size(); ++i) {
    if (conf.pools[i].name != pool) continue;
    for (const auto& n : runner.site().pool(i, now).nodes) {
      const conf::Node* node = find_node(conf.pools[i], n.name);
      if (node == nullptr) continue;
      out.push_back({n.name, node->host, node->port, n.local, is_primary(conf.pools[i], *node), n.state, n.status,
                     n.read_only, n.req, n.message, n.lag_ms,
                     conf.pools[i].kind == "multi_writer" && !conf.pools[i].preferred_writer,
                     runner.keeper().downtime(conf.pools[i].name, n.name, base::read_wall_clock()) != nullptr});
    }
  }
  return out;
}

}  // namespace sitecheck
