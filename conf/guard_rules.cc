// The dead-man guard of a pool (protocol.md section 5): what `check` says of its kind, and of who passes a closed one.
#include <algorithm>

#include "conf/kind_table.h"
#include "conf/rules.h"

namespace conf {

namespace {

bool allowed(const Pool& pool, const base::IpAddress& ip) {
  return std::any_of(pool.guard_allow.begin(), pool.guard_allow.end(),
                     [&](const base::Prefix& prefix) { return prefix.contains(ip); });
}

// Kind nft cuts replication too, unless it is allowed: what the writer acknowledged last would not leave the site that
// is being closed, and a switchover would never catch up.
void check_replicas(Reading& reading, const Sitecheck& s, const Pool& pool, const Mark& guard) {
  const auto local = std::count_if(pool.nodes.begin(), pool.nodes.end(), [](const Node& n) { return n.site.empty(); });
  for (const Node& node : pool.nodes) {
    const auto ip = base::IpAddress::parse(node.host);
    if (!ip || allowed(pool, *ip) || (node.site.empty() && local < 2)) continue;
    reading.warn(guard, "pool " + pool.name + ": guard.allow leaves out " + node.host + ", node " + node.name +
                            (node.site.empty() ? "" : " of " + node.site) +
                            ": its replication from here is cut off as soon as the writer is closed, so a switchover "
                            "cannot catch up; add " +
                            node.host + " to allow");
  }
  for (const Peer& peer : s.peers) {
    const bool named =
        std::any_of(pool.nodes.begin(), pool.nodes.end(), [&](const Node& n) { return n.site == peer.site; });
    const bool passes = std::any_of(peer.addr.begin(), peer.addr.end(),
                                    [&](const base::SocketAddress& at) { return allowed(pool, at.ip); });
    if (named || passes) continue;
    reading.warn(guard, "pool " + pool.name + ": guard.allow has no address of " + peer.site +
                            ", and no node of it is named here: its replicas are cut off as soon as the writer is "
                            "closed; add their addresses to allow");
  }
}

// Of guard.allow; of guard, if there is none.
Mark at_allow(const Value& item) {
  const Value* guard = item.find("guard");
  const Value* allow = guard == nullptr ? nullptr : guard->find("allow");
  return allow != nullptr ? allow->mark() : guard != nullptr ? guard->mark() : item.mark();
}

}  // namespace

void check_guard(Reading& reading, const Sitecheck& s, const Pool& pool, const Value& item) {
  const auto at = [&](std::string_view key) {
    const Value* value = item.find(key);
    return value == nullptr ? item.mark() : value->mark();
  };
  if (pool.guard == GuardKind::kNone && is_arbitrated(pool.kind)) {
    reading.warn(at("guard"),
                 "pool " + pool.name +
                     " has guard: none: nothing closes its writer if sitecheck hangs or "
                     "dies. It says so in every datagram, and its peer never takes its place unless the peer "
                     "has accept_unfenced: true");
  }
  if (pool.guard_address && pool.guard == GuardKind::kNft && pool.guard_allow.empty()) {
    reading.fault(at("guard"),
                  "pool " + pool.name +
                      ": a guard of kind nft on another host needs allow: with sitecheck's own address, or "
                      "its probes of a closed node are cut off too");
  }
  if (pool.guard_address && s.keys.empty()) {
    reading.fault(at("guard"), "pool " + pool.name + ": a guard on another host needs a key for: peers, under keys:");
  }
  if (pool.guard != GuardKind::kNft && !pool.guard_allow.empty()) {
    reading.fault(at("guard"), "pool " + pool.name + ": guard.allow is for kind nft only");
  }
  if (pool.accept_unfenced) {
    reading.warn(at("accept_unfenced"), "pool " + pool.name +
                                            " has accept_unfenced: true: it takes the place of a "
                                            "silent peer that has no guard; split-brain is possible");
  }
  if (pool.guard == GuardKind::kNft && !pool.nodes.empty()) check_replicas(reading, s, pool, at_allow(item));
}

}  // namespace conf
