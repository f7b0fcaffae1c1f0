// Which members are up, for every method but active_writer.
#pragma once

#include <span>
#include <vector>

#include "dnsd/decide/decide.h"

namespace decide {

// One for each member of `wideip`; `observed` has as many entries at least.
//
// A member with a monitor is up in each family by itself: in that of which an address is up. A site is up if it has a
// standby that is well; if no site has one, the one with the live claim of the highest epoch is (judge_writer()).
[[nodiscard]] std::vector<Verdict> judge_members(const WideIp& wideip, std::span<const Observation> observed,
                                                 const Durable& durable, base::Instant now);

// What looks at a member, in the order of Observation::health: its monitor at each of its addresses; that of an alias
// at a place of its own. None of a site, nor of an alias without a monitor.
[[nodiscard]] std::vector<Watch> watches_of(const Member& member);

// Everything that `wideip` requires is up. `observed` as for decide().
[[nodiscard]] bool has_required(const WideIp& wideip, std::span<const Observation> observed);

}  // namespace decide
