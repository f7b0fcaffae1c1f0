#include "dnsd/decide/balance.h"

#include <algorithm>

#include "dnsd/decide/method.h"
#include "dnsd/decide/override.h"
#include "dnsd/decide/select.h"
#include "dnsd/decide/verdicts.h"

namespace decide {

namespace {

// The one question at hand, and the decision as it grows.
struct Case {
  const WideIp& wideip;
  std::span<const Observation> observed;
  const Memory& before;
  base::Instant now;
  Decision out;

  void wake_at(base::Instant at) {
    if (at > now && (!out.next || at < *out.next)) out.next = at;
  }
};

const Pool* pool_of(const WideIp& wideip, std::size_t member) {
  for (const Pool& pool : wideip.pools) {
    if (std::find(pool.members.begin(), pool.members.end(), member) != pool.members.end()) return &pool;
  }
  return nullptr;
}

// How much of its weight an address has that is up since then: it grows by steps. Names the next one.
std::uint32_t ramp(Case& c, base::Duration whole, base::Instant since) {
  if (whole <= base::Duration::zero() || c.now >= since + whole) return Candidate::kRampSteps;
  const auto steps = static_cast<std::int64_t>(Candidate::kRampSteps);
  const std::int64_t done = std::max<std::int64_t>((c.now - since) * steps / whole, 0);
  c.wake_at(since + (whole * (done + 1) + base::Duration(steps - 1)) / steps);
  return static_cast<std::uint32_t>(std::max<std::int64_t>(done, 1));
}

Presence presence(Case& c, std::size_t i) {
  const Verdict& verdict = c.out.verdicts[i];
  Presence out{verdict.v4, verdict.v6, Candidate::kRampSteps, Candidate::kRampSteps};
  const Pool* pool = pool_of(c.wideip, i);
  const auto& addresses = c.wideip.members[i].addresses;
  const auto& health = c.observed[i].health;
  if (pool == nullptr || !out.any()) return out;
  if (!c.wideip.members[i].cname.empty() && !health.empty()) {
    out.ramp_v4 = out.ramp_v6 = ramp(c, pool->ramp_up, health.front().since);
  }
  for (std::size_t a = 0; a < addresses.size() && a < health.size(); ++a) {
    if (health[a].value != Health::Value::kUp) continue;
    auto& step = addresses[a].is_v6() ? out.ramp_v6 : out.ramp_v4;
    step = std::min(step, ramp(c, pool->ramp_up, health[a].since));
  }
  return out;
}

std::vector<Presence> present(Case& c) {
  std::vector<Presence> out;
  for (std::size_t i = 0; i < c.wideip.members.size(); ++i) out.push_back(presence(c, i));
  return out;
}

// The families in which a member may be answered whatever its health is: not one that the configuration or an operator
// took out, and no address that itself asks for no new clients.
Presence in_service(const Case& c, std::size_t i) {
  Presence out;
  const Member& member = c.wideip.members[i];
  const Observation& observed = c.observed[i];
  if (member.disabled || observed.drained) return out;
  if (!member.cname.empty()) {
    out.v4 = out.v6 = observed.health.empty() || !observed.health.front().disabled;
    return out;
  }
  for (std::size_t a = 0; a < member.addresses.size(); ++a) {
    if (a < observed.health.size() && observed.health[a].disabled) continue;
    (member.addresses[a].is_v6() ? out.v6 : out.v4) = true;
  }
  return out;
}

std::vector<Presence> everybody(const Case& c) {
  std::vector<Presence> out;
  for (std::size_t i = 0; i < c.wideip.members.size(); ++i) out.push_back(in_service(c, i));
  return out;
}

// Those that counted when an answer was accepted last; who is no longer configured, or was taken out, is left out.
std::vector<Presence> remembered(const Case& c) {
  std::vector<Presence> out(c.wideip.members.size());
  for (const Given& given : c.before.given) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (c.wideip.members[i].id != given.id) continue;
      const Presence may = in_service(c, i);
      out[i] = {given.v4 && may.v4, given.v6 && may.v6, 1, 1};
    }
  }
  return out;
}

// True if the pools, members and their order are the same: weights alone make no other answer.
bool alike(const Answers& a, const Answers& b) {
  const auto same = [](const std::vector<Pick>& x, const std::vector<Pick>& y) {
    return std::equal(x.begin(), x.end(), y.begin(), y.end(),
                      [](const Pick& one, const Pick& other) { return one.members == other.members; });
  };
  return a.regions == b.regions && std::equal(a.groups.begin(), a.groups.end(), b.groups.begin(), b.groups.end(),
                                              [&](const Group& one, const Group& other) {
                                                return one.how == other.how && same(one.v4, other.v4) &&
                                                       same(one.v6, other.v6);
                                              });
}

// For each member the families in which some client gets it.
std::vector<Presence> given_to_some(const Answers& answers, std::size_t members) {
  std::vector<Presence> out(members);
  for (const Group& group : answers.groups) {
    for (const Pick& pick : group.v4) {
      for (const std::size_t i : pick.members) out[i].v4 = true;
    }
    for (const Pick& pick : group.v6) {
      for (const std::size_t i : pick.members) out[i].v6 = true;
    }
  }
  return out;
}

void answer_with(Case& c, Answers answers) {
  c.out.outcome = Outcome::kAnswer;
  const auto given = given_to_some(answers, c.wideip.members.size());
  for (std::size_t i = 0; i < given.size(); ++i) {
    const Member& member = c.wideip.members[i];
    if (given[i].any()) c.out.members.push_back(member.id);
    if (given[i].any() && !member.cname.empty()) c.out.cnames.push_back(member.cname);
    for (const auto& address : member.addresses) {
      if (address.is_v6() ? given[i].v6 : given[i].v4) c.out.addresses.push_back(address);
    }
  }
  c.out.answers = std::move(answers);
}

void keep_last(Case& c, Answers last, Reason reason) {
  c.out.reason = reason;
  c.out.stale = true;
  answer_with(c, std::move(last));
}

void apply_then(Case& c, Reason reason) {
  c.out.reason = reason;
  switch (c.wideip.on_none.then) {
    case Then::kServfail: c.out.outcome = Outcome::kServfail; break;
    case Then::kNodata: c.out.outcome = Outcome::kNodata; break;
    case Then::kRefuse: c.out.outcome = Outcome::kRefuse; break;
    case Then::kFallback:
      c.out.outcome = Outcome::kAnswer;
      c.out.addresses = c.wideip.on_none.fallback;
      break;
    case Then::kAll:
      // With nobody left to name a resolver had better ask another server than keep an empty answer.
      if (Answers all = select(c.wideip, everybody(c), false); !all.empty()) {
        c.out.all = true;
        answer_with(c, std::move(all));
      }
      break;
  }
}

// No pool has enough members. The hold counts from here, or from the moment that this began.
void apply_on_none(Case& c) {
  const base::Duration hold = c.wideip.on_none.hold;
  Answers last = select(c.wideip, remembered(c));
  if (last.empty() || hold <= base::Duration::zero()) return apply_then(c, Reason::kNothingHeld);
  const base::Instant since = c.before.held_since.value_or(c.now);
  c.out.memory.held_since = since;
  if (c.now >= since + hold) return apply_then(c, Reason::kHoldOver);
  keep_last(c, std::move(last), Reason::kHeld);
  c.wake_at(since + hold);
}

void accept(Case& c, std::span<const Presence> up, Answers answers, bool flipped) {
  c.out.reason = Reason::kSelected;
  c.out.flipped = flipped;
  if (flipped) c.out.memory.flipped_at = c.now;
  c.out.memory.held_since.reset();
  c.out.memory.given.clear();
  for (std::size_t i = 0; i < up.size(); ++i) {
    if (up[i].any()) c.out.memory.given.push_back({c.wideip.members[i].id, up[i].v4, up[i].v6});
  }
  answer_with(c, std::move(answers));
}

// An order waits for no hold_down, nor does its end for that of the order. False: it is not up, and the method goes on
// without the pin.
bool answer_pinned(Case& c, std::span<const Presence> up, std::size_t i) {
  std::vector<Presence> only(up.size());
  if (!c.out.unrequired) only[i] = up[i];
  const bool is_up = only[i].any();
  if (!is_up && !c.observed[i].forced) return false;
  if (!is_up) {
    only[i].ramp_v4 = only[i].ramp_v6 = Candidate::kRampSteps;
    if (!c.wideip.members[i].cname.empty()) only[i].v4 = only[i].v6 = true;
    for (const auto& address : c.wideip.members[i].addresses) (address.is_v6() ? only[i].v6 : only[i].v4) = true;
  }
  Answers wanted = select(c.wideip, only, false);
  if (wanted.empty()) return false;
  if (!is_up) {
    c.out.reason = Reason::kForced;
    c.out.stale = true;
    answer_with(c, std::move(wanted));
    return true;
  }
  const Answers last = select(c.wideip, remembered(c));
  const bool flips = !last.empty() && !alike(wanted, last);
  accept(c, only, std::move(wanted), flips);
  c.out.reason = Reason::kPinned;
  c.out.memory.flipped_at = c.before.flipped_at;
  return true;
}

void choose_answer(Case& c) {
  const auto up = present(c);
  c.out.unrequired = !has_required(c.wideip, c.observed);
  if (const auto pin = pinned_member(c.wideip, c.observed); pin && answer_pinned(c, up, *pin)) return;
  Answers wanted = c.out.unrequired ? Answers{} : select(c.wideip, up);
  if (wanted.empty()) return apply_on_none(c);
  // Nothing keeps a member that was taken out: if that is all that changed, it changes now.
  Answers last = select(c.wideip, remembered(c));
  const bool flips = !last.empty() && !alike(wanted, last);
  if (flips && c.before.flipped_at && c.now < *c.before.flipped_at + c.wideip.hold_down) {
    keep_last(c, std::move(last), Reason::kHoldDown);
    return c.wake_at(*c.before.flipped_at + c.wideip.hold_down);
  }
  accept(c, up, std::move(wanted), flips);
}

// Whether the members of the answer are heard in time, and nothing that is asked of them failed.
bool renewed(Case& c) {
  for (const std::size_t i : c.out.answers.members()) {
    const Observation& observed = c.observed[i];
    if (std::any_of(observed.health.begin(), observed.health.end(), [](const Health& h) { return h.failing; })) {
      return false;
    }
    if (!c.wideip.members[i].of_site()) continue;
    if (observed.failing || !observed.claim) return false;
    const base::Instant late = observed.claim->heard + c.wideip.pace.late_after;
    if (c.now >= late) return false;
    c.wake_at(late);
  }
  return true;
}

// As with active_writer: two values only, and the full one comes back only after a calm time.
void choose_ttl(Case& c) {
  c.out.ttl_s = c.wideip.min_ttl_s;
  if (!c.out.accepted()) return;
  if (!renewed(c)) {
    c.out.memory.troubled_at = c.now;
    return;
  }
  const auto troubled = c.before.troubled_at;
  if (troubled && c.now < *troubled + c.wideip.pace.calm_after) {
    return c.wake_at(*troubled + c.wideip.pace.calm_after);
  }
  c.out.memory.troubled_at.reset();
  c.out.ttl_s = c.wideip.ttl_s;
}

// Verdicts of sites that time alone will change.
void wake_for_verdicts(Case& c) {
  for (std::size_t i = 0; i < c.wideip.members.size(); ++i) {
    const auto& claim = c.observed[i].claim;
    if (!claim) continue;
    c.wake_at(claim->heard + c.wideip.pace.silent_after);
    if (claim->state == ecv::PoolState::kActive) c.wake_at(claim->lease_end());
  }
}

}  // namespace

Decision balance(const WideIp& wideip, std::span<const Observation> observed, const Memory& memory, base::Instant now) {
  Case c{wideip, observed, memory, now, {}};
  c.out.memory = memory;
  c.out.verdicts = judge_members(wideip, observed, memory.durable, now);
  choose_answer(c);
  choose_ttl(c);
  wake_for_verdicts(c);
  return std::move(c.out);
}

}  // namespace decide
