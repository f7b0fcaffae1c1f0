// From members that are up to answers: which pool, and what its method makes of its members.
#pragma once

#include <span>
#include <vector>

#include "dnsd/decide/answers.h"
#include "dnsd/decide/types.h"

namespace decide {

// A member that counts, by the families of its addresses, and how far it is ramped up.
struct Presence {
  bool v4 = false;
  bool v6 = false;
  std::uint32_t ramp_v4 = 1;
  std::uint32_t ramp_v6 = 1;
  [[nodiscard]] bool any() const { return v4 || v6; }
};

// Empty if no pool has enough members. A pool is chosen for the name, by members that are up in either family; within
// it A and AAAA are each made of their own members, so that both lead a client to the same pool. `min_members`: false
// lets a pool count with any one of them. `up` has one entry for each member of `wideip`.
[[nodiscard]] Answers select(const WideIp& wideip, std::span<const Presence> up, bool min_members = true);

}  // namespace decide
