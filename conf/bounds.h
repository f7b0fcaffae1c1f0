// How long things take at worst, from the times of the protocol (protocol.md sections 4 and 7). Pure.
//
// What is counted: detection, fence, the message to the other site, waiting. What is not: how long the promoted server
// needs to apply what it had received, and a fence that exceeds its bound.
#pragma once

#include <optional>

#include "base/time.h"
#include "conf/sitecheck.h"
#include "ecv/timing.h"

namespace conf {

struct FailoverBounds {
  base::Duration crash;      // the writer's process dies: connections break at once
  base::Duration hang;       // the writer hangs, its disk is full: every probe takes its whole timeout
  base::Duration site_lost;  // host or site gone: the others wait for what it was granted to run out
};
// From the fault to the first report that claims ACTIVE at another site. Mode etcd counts an etcd that keeps its leader
// meanwhile: a new one grants every lease its whole time again.
[[nodiscard]] FailoverBounds failover_bounds(const ecv::Timing& timing, ArbiterMode mode = ArbiterMode::kCheckpoints);

// From a whole sitecheck standing still to its writer being closed by the guard: L + G + F.
[[nodiscard]] base::Duration guard_bound(const ecv::Timing& timing);

// The longest that a compliant resolver holds an answer that is no longer true, counted from the moment at which dnsd
// answers differently. `unrenewed` is for how long the claim had not been renewed by then: since its beginning answers
// carried min_ttl.
[[nodiscard]] base::Duration stale_bound(base::Duration ttl, base::Duration min_ttl, base::Duration unrenewed);

}  // namespace conf
