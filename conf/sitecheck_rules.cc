#include <algorithm>

#include "conf/kind_rules.h"
#include "conf/kind_table.h"
#include "conf/pool_table.h"
#include "conf/rules.h"
#include "conf/stats_table.h"

namespace conf {

namespace {

std::string ms(base::Duration d) { return std::to_string(base::to_ms(d)) + " ms"; }

void check_pair(Reading& reading, const Value& root, const Sitecheck& s) {
  if (!has_key(s.keys, ecv::Purpose::kDnsd)) {
    reading.warn(place(root, "keys"), "no key has for: dnsd: reports are not signed, and no dnsd believes them");
  }
  if (s.peers.empty() && s.arbiter.voters.empty()) return;
  if (root.find("peer") == nullptr) {
    reading.fault(root.mark(),
                  "missing key \"peer\" in sitecheck.yaml: a site with a peer or voter listens for its datagrams; "
                  "it takes a mapping of listen");
  }
  if (!has_key(s.keys, ecv::Purpose::kPeers)) {
    reading.fault(place(root, root.find("keys") == nullptr ? "peers" : "keys"),
                  "the datagrams of peers and voters cannot be verified: no key has for: peers");
  }
}

void check_kind(Reading& reading, const Checkpoint& checkpoint, const Value& root, std::size_t i) {
  std::string there;
  int kinds = 0;
  for (const auto kind : {CheckpointKind::kTcp, CheckpointKind::kHttp, CheckpointKind::kMysql, CheckpointKind::kDns,
                          CheckpointKind::kIcmp}) {
    if (element(root, "checkpoints", i, name(kind)) == nullptr) continue;
    there += (kinds++ == 0 ? "" : " and ") + std::string(name(kind));
  }
  if (kinds != 1) {
    reading.fault(place(root, "checkpoints", i), "a checkpoint has " + (kinds == 0 ? "no kind" : there) +
                                                     "; allowed: exactly one of tcp, http, mysql, dns, icmp");
  }
  const Value* account = element(root, "checkpoints", i, "account");
  if (account == nullptr || account->kind != Value::Kind::kMapping) return;
  if (checkpoint.kind != CheckpointKind::kMysql) {
    reading.fault(account->mark(), "account: only a checkpoint of kind mysql logs in; leave it out");
  }
  if (account->find("password_file") != nullptr && account->find("password") != nullptr) {
    reading.fault(account->mark(), "account: it has both password_file and password; allowed: at most one of them");
  }
}

void check_checkpoints(Reading& reading, const Value& root, const Sitecheck& s) {
  Unique ids(reading, "checkpoint");
  int external = 0;
  for (std::size_t i = 0; i < s.checkpoints.size(); ++i) {
    ids.add(s.checkpoints[i].id, place(root, "checkpoints", i, "id"));
    check_kind(reading, s.checkpoints[i], root, i);
    if (s.checkpoints[i].scope == CheckpointScope::kExternal) ++external;
  }
  if (s.peers.empty() || s.arbiter.mode != ArbiterMode::kCheckpoints) return;
  const Mark at = place(root, "checkpoints");
  const std::string quorum = std::to_string(external / 2 + 1);
  if (external == 0) {
    const std::string what = "no checkpoint has scope: external: a silent peer cannot be told from a cut-off self";
    if (s.arbiter.promote_on_silence) {
      reading.fault(at, what + ", so on_silence: promote never promotes, and losing the standby fences the writer");
    } else {
      reading.warn(at, what + ", so losing the standby fences the writer");
    }
  } else if (external == 1) {
    reading.warn(at,
                 "one external checkpoint: when it fails, a site whose peer is silent takes itself for cut off; "
                 "three are advised");
  } else if (external % 2 == 0) {
    reading.warn(at, std::to_string(external) + " external checkpoints need " + quorum +
                         ", so they bear no more "
                         "failures than " +
                         std::to_string(external - 1) + " would; an odd number is advised");
  }
}

bool is_peer(const Sitecheck& s, std::string_view site) {
  return std::any_of(s.peers.begin(), s.peers.end(), [&](const Peer& p) { return p.site == site; });
}

// ` (did you mean "x"?); allowed: x, y`.
std::string known_peers(const Sitecheck& s, std::string_view found) {
  std::vector<std::string_view> names;
  std::string list;
  for (const Peer& peer : s.peers) {
    names.push_back(peer.site);
    list += (list.empty() ? "" : ", ") + peer.site;
  }
  return did_you_mean(found, names) + "; allowed: " + (list.empty() ? "a site of peers, which there are not" : list);
}

void check_node(Reading& reading, const Sitecheck& s, const Node& node, const Value& item) {
  const auto interval = node.interval.value_or(s.arbiter.timing.interval);
  const auto timeout = node.timeout.value_or(s.arbiter.timing.timeout);
  if (timeout > interval && (node.interval || node.timeout)) {
    const Value* at = item.find(node.timeout ? "timeout" : "interval");
    reading.fault(at == nullptr ? item.mark() : at->mark(), "timeout " + ms(timeout) + " is longer than interval " +
                                                                ms(interval) + "; allowed: at most the interval");
  }
  const Value* site = item.find("site");
  if (site == nullptr || node.site.empty()) return;
  if (node.site == s.site.name) {
    reading.fault(site->mark(), "site: \"" + node.site + "\" is this site; a local node has no site");
  } else if (s.peers.empty()) {
    reading.fault(site->mark(), "site: \"" + node.site +
                                    "\" is another site, but there are no peers; add it under "
                                    "peers, or leave the node out");
  } else if (!is_peer(s, node.site)) {
    reading.fault(site->mark(), "site: \"" + node.site + "\" is no peer" + known_peers(s, node.site));
  }
}

void check_nodes(Reading& reading, const Sitecheck& s, const Pool& pool, const Value& nodes) {
  Unique names(reading, "node");
  Unique addresses(reading, "a node at");
  Unique priorities(reading, "a local node with priority");
  bool local = false;
  for (std::size_t i = 0; i < pool.nodes.size(); ++i) {
    const Node& node = pool.nodes[i];
    const Value& item = nodes.items[i];
    const auto at = [&](std::string_view key) {
      const Value* value = item.find(key);
      return value == nullptr ? item.mark() : value->mark();
    };
    names.add(node.name, at("name"));
    if (!node.host.empty()) addresses.add(node.host + "@" + std::to_string(node.port), at("address"));
    if (item.kind == Value::Kind::kMapping && item.find("site") == nullptr) {
      local = true;
      priorities.add(std::to_string(node.priority), at("priority"));
      // A refused port alone proves nothing: only the process behind the pid file does (protocol.md section 3, fence).
      if (node.pid_file.empty() && !s.peers.empty() && is_arbitrated(pool.kind)) {
        reading.warn(item.mark(),
                     "node " + node.name +
                         " has no pid_file: a mysqld that died cannot be proved closed, nor one that hangs "
                         "be killed; its site then stays FENCING and there is no failover until mysqld "
                         "answers again");
      }
    }
    // Whoever fences or promotes stands at the node's own site.
    for (const std::string_view key : {"pid_file", "promote", "data_dir"}) {
      if (node.site.empty() || item.find(key) == nullptr) continue;
      reading.fault(at(key), std::string(key) + ": node " + node.name + " stands at " + node.site +
                                 ": it is watched only, never fenced or promoted from here; allowed: in the file of "
                                 "its own site");
    }
    check_node(reading, s, node, item);
  }
  if (!local) {
    reading.fault(nodes.mark(),
                  "no node of this pool is local (without site); there must be at least one, which may "
                  "be promoted");
  }
}

void check_accounts(Reading& reading, const Sitecheck& s, const Pool& pool, const Value& item) {
  for (const std::string_view name : {"monitor", "admin", "replication"}) {
    const Value* account = item.find(name);
    if (account == nullptr || account->kind != Value::Kind::kMapping) continue;
    const bool file = account->find("password_file") != nullptr;
    const bool variable = account->find("password") != nullptr;
    if (file != variable) continue;
    reading.fault(account->mark(), std::string(name) + ": the account has " + (file ? "both" : "neither") +
                                       " password_file and password; allowed: exactly one of them");
  }
  if (!pool.nodes.empty() && is_arbitrated(pool.kind) && item.find("replication") == nullptr &&
      (!s.peers.empty() || pool.nodes.size() > 1)) {
    reading.fault(item.mark(),
                  "missing key \"replication\": with more than one node, replicas follow a new writer by "
                  "that account; it takes a mapping of user, password_file, password");
  }
  if (!pool.monitor.user.empty() && pool.monitor.user == pool.admin.user) {
    const Value* admin = item.find("admin");
    reading.warn(admin == nullptr ? item.mark() : admin->mark(),
                 "monitor and admin are the same account: the write probe would bypass read_only and take a fenced "
                 "server for a writer");
  }
}

// A pool without nodes votes only (mode witness).
void check_voter_or_nodes(Reading& reading, const Sitecheck& s, const Pool& pool, const Value& item) {
  const Value* nodes = item.find("nodes");
  const bool without = nodes == nullptr || (nodes->kind == Value::Kind::kSequence && nodes->items.empty());
  const bool may_vote = s.arbiter.mode == ArbiterMode::kWitness && is_arbitrated(pool.kind);
  if (!without || !may_vote) {
    require(reading, pool_table().shape(), item, "nodes");
    require(reading, pool_table().shape(), item, "monitor");
    if (is_arbitrated(pool.kind)) require(reading, pool_table().shape(), item, "admin");
  }
  if (nodes != nullptr && without && !may_vote) {
    reading.fault(nodes->mark(),
                  "nodes: found an empty list; allowed: at least one node (a site that only votes needs "
                  "arbiter: {mode: witness})");
  }
  if (!without) return;
  if (pool.service) {
    reading.fault(item.find("service")->mark(),
                  "pool " + pool.name + " has no nodes, so this site has no service address; leave service out");
  }
}

// Protocol.md section 3, service address.
void check_service(Reading& reading, const Sitecheck& s, const Pool& pool) {
  Unique sites(reading, "service_at: site");
  for (const ServiceAt& at : pool.service_at) {
    sites.add(at.site, at.mark);
    if (at.site == s.site.name) {
      reading.fault(at.mark, "service_at: \"" + at.site + "\" is this site; its own address stands under service");
    } else if (!is_peer(s, at.site)) {
      reading.fault(at.mark, "service_at: \"" + at.site + "\" is no peer" + known_peers(s, at.site));
    }
  }
}

void check_levels(Reading& reading, const Sitecheck& s) {
  if (!s.levels || s.levels->warn == 0 || s.levels->critical == 0) return;
  const int fall = s.arbiter.timing.fall;
  if (s.levels->warn < s.levels->critical && s.levels->critical <= fall) return;
  reading.fault(s.levels->mark, "levels: found warn " + std::to_string(s.levels->warn) + ", critical " +
                                    std::to_string(s.levels->critical) +
                                    "; allowed: warn below critical, critical at most " + std::to_string(fall) +
                                    ", at which a node fails (arbiter.timing)");
}

void check_lag(Reading& reading, const Pool& pool, const Value& item) {
  if (!pool.warn_lag || !pool.max_lag || *pool.warn_lag < *pool.max_lag) return;
  reading.fault(item.find("warn_lag")->mark(), "warn_lag " + ms(*pool.warn_lag) + " is not below max_lag " +
                                                   ms(*pool.max_lag) + "; allowed: less than max_lag");
}

void check_pools(Reading& reading, const Value& root, Sitecheck& s) {
  Unique names(reading, "pool");
  Unique addresses(reading, "a role with the address");
  const Value* list = root.find("pools");
  if (list == nullptr || list->kind != Value::Kind::kSequence) return;
  if (s.pools.empty()) reading.fault(list->mark(), "pools: found an empty list; allowed: at least one pool");
  for (std::size_t i = 0; i < s.pools.size(); ++i) {
    Pool& pool = s.pools[i];
    const Value& item = list->items[i];
    names.add(pool.name, place(root, "pools", i, "name"));
    if (pool.guard_socket.empty()) pool.guard_socket = s.state_dir / ("guard-" + pool.name + ".sock");
    if (item.kind != Value::Kind::kMapping) continue;
    check_kind(reading, s, pool, item);
    const Value* nodes = item.find("nodes");
    if (nodes != nullptr && nodes->kind == Value::Kind::kSequence && !pool.nodes.empty()) {
      check_nodes(reading, s, pool, *nodes);
    }
    check_voter_or_nodes(reading, s, pool, item);
    check_service(reading, s, pool);
    check_accounts(reading, s, pool, item);
    check_guard(reading, s, pool, item);
    check_roles(reading, pool, item, addresses);
    check_lag(reading, pool, item);
  }
}

}  // namespace

void apply_rules(Reading& reading, const Value& root, Sitecheck& out) {
  check_keys(reading, root, out.keys);
  check_arbiter(reading, root, out);
  check_pair(reading, root, out);
  check_checkpoints(reading, root, out);
  if (out.stats) check_stats(reading, *out.stats);
  check_pools(reading, root, out);
  check_agent(reading, root, out);
  check_levels(reading, out);
}

}  // namespace conf
