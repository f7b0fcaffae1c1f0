#include "conf/bounds.h"

#include <algorithm>

namespace conf {

namespace {

// etcd looks for leases that have run out twice a second.
constexpr base::Duration kEtcdLook = base::milliseconds(500);

}  // namespace

FailoverBounds failover_bounds(const ecv::Timing& t, ArbiterMode mode) {
  FailoverBounds out{};
  // The first failure shows at once; fall-1 more polls; fence; release and grant take one interval each way at most.
  out.crash = t.fall * t.interval + t.fence_bound + t.interval;
  switch (mode) {
    case ArbiterMode::kCheckpoints:
      // T_promote counts from the last message; a checkpoint round is credited only W after it began (rule 3).
      out.site_lost = t.promote_wait + t.window();
      break;
    case ArbiterMode::kWitness:
      // The votes come back with one datagram and are asked for with the next.
      out.crash += t.interval;
      // Each voter counts T_grant from the last request; it is asked every interval.
      out.site_lost = t.grant_wait + t.window();
      break;
    case ArbiterMode::kEtcd:
      // Revoke, watch, campaign.
      out.crash += t.interval;
      out.site_lost = t.etcd_ttl + kEtcdLook + t.window();
      break;
  }
  out.hang = out.crash + t.timeout;
  return out;
}

base::Duration guard_bound(const ecv::Timing& t) { return t.lease + t.guard_tick + t.fence_bound; }

base::Duration stale_bound(base::Duration ttl, base::Duration min_ttl, base::Duration unrenewed) {
  return std::max(min_ttl, ttl - unrenewed);
}

}  // namespace conf
