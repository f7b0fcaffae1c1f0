#include "conf/kind_rules.h"

#include <algorithm>
#include <array>

#include "conf/kind_table.h"

namespace conf {

namespace {

constexpr std::array<std::string_view, 14> kArbitratedOnly = {
    "guard",      "accept_unfenced",  "max_loss",  "warn_lag",    "max_lag", "heartbeat", "service",
    "service_at", "switchover_limit", "anti_flap", "replication", "admin",   "failback",  "failback_after"};
constexpr std::array<std::string_view, 2> kMultiWriterOnly = {"preferred_writer", "galera"};
constexpr std::array<std::string_view, 3> kArbitratedNodeOnly = {"replicate_from", "pid_file", "promote"};

template <typename Keys>
void refuse_keys(Reading& reading, const Value& item, const Keys& keys, const std::string& why) {
  for (const std::string_view key : keys) {
    if (const Value* value = item.find(key)) reading.fault(value->mark(), std::string(key) + ": " + why);
  }
}

void check_nodes_of_kind(Reading& reading, const Pool& pool, const PoolKind& kind, const Value& nodes) {
  const auto most = static_cast<std::size_t>(kind.most_local_nodes);
  if (most > 0 && pool.nodes.size() > most) {
    reading.fault(nodes.mark(), "nodes: found " + std::to_string(pool.nodes.size()) + " nodes; allowed for kind " +
                                    pool.kind + ": " + std::to_string(most));
  }
  for (const Value& node : nodes.items) {
    if (node.kind != Value::Kind::kMapping || kind.arbitrated) continue;
    refuse_keys(reading, node, kArbitratedNodeOnly,
                "the nodes of a pool of kind " + pool.kind + " are watched only; leave it out");
  }
}

void check_multi_writer(Reading& reading, const Sitecheck& s, const Pool& pool, const Value& item) {
  if (pool.kind != "multi_writer") {
    return refuse_keys(reading, item, kMultiWriterOnly, "this is for kind multi_writer; leave it out");
  }
  const auto elsewhere =
      std::any_of(pool.nodes.begin(), pool.nodes.end(), [](const Node& n) { return !n.site.empty(); });
  if (elsewhere && !s.peers.empty()) {
    reading.warn(item.mark(),
                 "pool " + pool.name + " of kind multi_writer has nodes at several sites: " +
                     (pool.preferred_writer ? "each site prefers a writer of its own, and " : "") +
                     "every site claims it with an epoch that does not change, so a wide-IP of method active_writer "
                     "takes two of these claims for a tie and holds its answer; give such a wide-IP one of the sites "
                     "only");
  }
  if (!pool.galera.wsrep && item.find("galera") != nullptr) {
    const Value* galera = item.find("galera");
    refuse_keys(reading, *galera, std::array<std::string_view, 3>{"donor", "cluster_size", "flow_control"},
                "this is for wsrep: required; leave it out");
  }
}

}  // namespace

void check_kind(Reading& reading, const Sitecheck& s, Pool& pool, const Value& item) {
  const PoolKind* kind = find_pool_kind(pool.kind);
  if (kind == nullptr) return;
  if (!kind->arbitrated) {
    pool.guard = GuardKind::kNone;
    refuse_keys(reading, item, kArbitratedOnly,
                "a pool of kind " + pool.kind +
                    " is watched only: nothing is fenced, promoted or handed over; leave it "
                    "out");
  }
  check_multi_writer(reading, s, pool, item);
  const Value* nodes = item.find("nodes");
  if (nodes != nullptr && nodes->kind == Value::Kind::kSequence) check_nodes_of_kind(reading, pool, *kind, *nodes);
}

}  // namespace conf
