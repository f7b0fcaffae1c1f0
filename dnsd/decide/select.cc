#include "dnsd/decide/select.h"

#include <algorithm>
#include <numeric>

#include "dnsd/decide/method.h"

namespace decide {

namespace {

// The question at hand, and the groups as they grow.
struct Selection {
  const WideIp& wideip;
  std::span<const Presence> up;
  bool min_members;
  Answers out;
};

bool has(const std::vector<std::string>& regions, const std::string& region) {
  return std::find(regions.begin(), regions.end(), region) != regions.end();
}

bool alive(const Selection& s, const Pool& pool) {
  const auto count =
      std::count_if(pool.members.begin(), pool.members.end(), [&](std::size_t member) { return s.up[member].any(); });
  return count >= (s.min_members ? std::max<std::int64_t>(pool.min_members_up, 1) : 1);
}

std::vector<std::size_t> alive_pools(const Selection& s) {
  std::vector<std::size_t> out;
  for (std::size_t i = 0; i < s.wideip.pools.size(); ++i) {
    if (alive(s, s.wideip.pools[i])) out.push_back(i);
  }
  return out;
}

// A pool's members that are up in a family; with a region, those of it.
std::vector<Candidate> candidates(const Selection& s, const Pool& pool, bool v6, const std::string* region) {
  std::vector<Candidate> out;
  for (const std::size_t i : pool.members) {
    const Member& member = s.wideip.members[i];
    if (!(v6 ? s.up[i].v6 : s.up[i].v4)) continue;
    if (region != nullptr && !has(member.regions, *region)) continue;
    out.push_back({i, member.ratio, v6 ? s.up[i].ramp_v6 : s.up[i].ramp_v4});
  }
  return out;
}

bool is_alias(const Selection& s, const Pool& pool) {
  return !pool.members.empty() && !s.wideip.members[pool.members.front()].cname.empty();
}

Group group_of(const Selection& s, std::size_t index, const std::string* region) {
  const Pool& pool = s.wideip.pools[index];
  const Method& how = method(pool.method);
  // An answer has one CNAME (RFC 2181 section 10.1).
  const std::size_t all = pool.max_answers == 0 ? pool.members.size() : pool.max_answers;
  const std::size_t most = is_alias(s, pool) ? 1 : all;
  return {how.how(), how.picks(candidates(s, pool, false, region), most),
          how.picks(candidates(s, pool, true, region), most), index, pool.persist};
}

// Names in `regions` that were not seen before, in their order.
void note(std::vector<std::string>& known, const std::vector<std::string>& regions) {
  for (const std::string& region : regions) {
    if (!has(known, region)) known.push_back(region);
  }
}

// One pool answers everybody; where its method looks at regions, each has a group of its own if it has a member.
void add_pool(Selection& s, std::size_t index) {
  s.out.groups.push_back(group_of(s, index, nullptr));
  const Pool& pool = s.wideip.pools[index];
  if (!method(pool.method).regional()) return;
  std::vector<std::string> regions;
  for (const std::size_t member : pool.members) note(regions, s.wideip.members[member].regions);
  for (const std::string& region : regions) {
    Group group = group_of(s, index, &region);
    if (group.v4.empty() && group.v6.empty()) continue;
    s.out.regions.emplace_back(region, s.out.groups.size());
    s.out.groups.push_back(std::move(group));
  }
}

// Each region's clients get the first pool of it; the others, and those whose region has none, the first of all.
void add_by_region(Selection& s, const std::vector<std::size_t>& pools) {
  s.out.groups.push_back(group_of(s, pools.front(), nullptr));
  std::vector<std::string> regions;
  for (const std::size_t i : pools) note(regions, s.wideip.pools[i].regions);
  for (const std::string& region : regions) {
    const auto mine =
        std::find_if(pools.begin(), pools.end(), [&](std::size_t i) { return has(s.wideip.pools[i].regions, region); });
    if (mine == pools.end() || *mine == pools.front()) continue;
    s.out.regions.emplace_back(region, s.out.groups.size());
    s.out.groups.push_back(group_of(s, *mine, nullptr));
  }
}

std::uint64_t total(const std::vector<Pick>& picks) {
  std::uint64_t out = 0;
  for (const Pick& pick : picks) out += pick.weight;
  return out;
}

// Picks of several pools as one list, in which each pool has its share, and within it each pick its own.
std::vector<Pick> blend(std::span<const std::vector<Pick>*> lists, std::span<const std::uint64_t> shares) {
  constexpr std::uint64_t kMostTotal = std::uint64_t{1} << 32U;  // beyond it shares are rounded
  std::uint64_t common = 1;
  for (const auto* picks : lists) {
    if (!picks->empty()) common = std::min(std::lcm(common, total(*picks)), kMostTotal);
  }
  std::vector<Pick> out;
  for (std::size_t i = 0; i < lists.size(); ++i) {
    const std::uint64_t all = total(*lists[i]);
    for (const Pick& pick : *lists[i]) {
      out.push_back({pick.members, std::max<std::uint64_t>(shares[i] * pick.weight * common / all, 1)});
    }
  }
  return out;
}

// Pools in turn: one list of all their answers.
void add_in_turn(Selection& s, const std::vector<std::size_t>& pools) {
  std::vector<Group> groups;
  std::vector<std::uint64_t> shares;
  const bool aliases =
      std::any_of(pools.begin(), pools.end(), [&](std::size_t i) { return is_alias(s, s.wideip.pools[i]); });
  for (const std::size_t i : pools) {
    groups.push_back(group_of(s, i, nullptr));
    // An alias answers both families, so each pool has its share of both: a turn without data where it has no member.
    if (aliases && groups.back().v4.empty()) groups.back().v4.push_back({});
    if (aliases && groups.back().v6.empty()) groups.back().v6.push_back({});
    shares.push_back(s.wideip.method == MethodKind::kRatio ? s.wideip.pools[i].ratio : 1);
  }
  std::vector<const std::vector<Pick>*> v4;
  std::vector<const std::vector<Pick>*> v6;
  for (const Group& group : groups) {
    v4.push_back(&group.v4);
    v6.push_back(&group.v6);
  }
  s.out.groups.push_back({How::kRotate, blend(v4, shares), blend(v6, shares), pools.front(), {}});
}

}  // namespace

Answers select(const WideIp& wideip, std::span<const Presence> up, bool min_members) {
  Selection s{wideip, up, min_members, {}};
  const auto pools = alive_pools(s);
  if (pools.empty()) return {};
  const bool several = wideip.pools.size() > 1;
  if (several && (wideip.method == MethodKind::kRoundRobin || wideip.method == MethodKind::kRatio)) {
    add_in_turn(s, pools);
  } else if (several && wideip.method == MethodKind::kTopology) {
    add_by_region(s, pools);
  } else {
    add_pool(s, pools.front());
  }
  return std::move(s.out);
}

}  // namespace decide
