#include "conf/bounds.h"

#include <algorithm>

namespace conf {

FailoverBounds failover_bounds(const ecv::Timing& t) {
  FailoverBounds out{};
  // The first failure shows at once; fall-1 more polls; fence; release and grant take one interval each way at most.
  out.crash = t.fall * t.interval + t.fence_bound + t.interval;
  out.hang = out.crash + t.timeout;
  // T_promote counts from the last message; a checkpoint round is credited only W after it began (rule 3).
  out.site_lost = t.promote_wait + t.window();
  return out;
}

base::Duration guard_bound(const ecv::Timing& t) { return t.lease + t.guard_tick + t.fence_bound; }

base::Duration stale_bound(base::Duration ttl, base::Duration min_ttl, base::Duration unrenewed) {
  return std::max(min_ttl, ttl - unrenewed);
}

}  // namespace conf
