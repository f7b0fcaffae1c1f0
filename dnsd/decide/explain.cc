#include "dnsd/decide/explain.h"

#include <algorithm>

#include "dnsd/decide/override.h"

namespace decide {

namespace {

std::string seconds_text(std::uint32_t s) { return std::to_string(s) + " s"; }

std::string members_text(const std::vector<MemberId>& members) {
  std::string out;
  for (const MemberId& id : members) out += (out.empty() ? "" : ", ") + member_text(id);
  return out.empty() ? "nobody" : out;
}

std::string memory_text(const Memory& before) {
  const Durable& d = before.durable;
  std::string out = "The highest epoch accepted so far is " + epoch_text(d.highest) + "; ";
  if (!d.answered) return out + "no answer was accepted yet.";
  return out + "the last accepted answer is " + members_text(d.answered->members) + ".";
}

std::string ttl_text(const WideIp& wideip, const Decision& d, base::Instant now) {
  if (d.outcome != Outcome::kAnswer) return "No address is given, so there is no TTL to choose.";
  if (d.steady())
    return std::string(wideip.pools.empty() ? "The claim is renewed in time and no poll failed"
                                            : "No test of a member in the answer fails") +
           ": the full TTL, " + seconds_text(d.ttl_s) + ".";
  const std::string least = "min_ttl, " + seconds_text(wideip.min_ttl_s);
  if (!d.accepted())
    return std::string(wideip.pools.empty() ? "The answer stands on no live claim: "
                                            : "The answer does not stand on members that are up: ") +
           least + ".";
  if (d.memory.troubled_at && now > *d.memory.troubled_at) {
    return "There was trouble " + base::format_duration(now - *d.memory.troubled_at) + " ago: " + least + ", until " +
           base::format_duration(wideip.pace.calm_after) + " passed without.";
  }
  return std::string(wideip.pools.empty() ? "The claim was not renewed in time, or a poll failed"
                                          : "A test of a member in the answer failed") +
         ": " + least + ".";
}

std::string none_text(const Decision& d) {
  if (d.unrequired) return "what it requires is not up";
  const bool out_of_service =
      !d.verdicts.empty() && std::all_of(d.verdicts.begin(), d.verdicts.end(), [](const Verdict& v) {
        return v.ground == Ground::kDrained || v.ground == Ground::kDisabled;
      });
  if (out_of_service) return "every member is disabled or drained";
  const bool some = std::any_of(d.verdicts.begin(), d.verdicts.end(), [](const Verdict& v) { return v.v4 || v.v6; });
  return some ? "no pool has enough members that are up" : "no member is up";
}

// "up for 3 m: 200 OK".
std::string health_text(const Health& health, base::Instant now) {
  std::string out = health.value == Health::Value::kUp     ? "up"
                    : health.value == Health::Value::kDown ? "down"
                                                           : "not probed yet";
  if (health.value != Health::Value::kUnknown) out += " for " + base::format_duration(now - health.since);
  if (health.failing) out += ", but the latest probe failed";
  return health.text.empty() ? out : out + ": " + health.text;
}

std::string selected_text(const WideIp& wideip, const Decision& d) {
  std::string out = members_text(d.members) + " by " + std::string(name(wideip.method));
  if (wideip.pools.size() < 2) return out;
  std::vector<std::size_t> pools;
  for (const Group& group : d.answers.groups) {
    if (std::find(pools.begin(), pools.end(), group.pool) == pools.end()) pools.push_back(group.pool);
  }
  // Pools in turn are one group.
  if (wideip.method == MethodKind::kRoundRobin || wideip.method == MethodKind::kRatio) return out + " over the pools";
  for (std::size_t i = 0; i < pools.size(); ++i) {
    const Pool& pool = wideip.pools[pools[i]];
    out += (i == 0 ? ": pool " : ", pool ") + pool.name + " (" + std::string(name(pool.method)) + ")";
  }
  return out;
}

std::string pool_text(const WideIp& wideip, const Pool& pool, const Decision& d) {
  const auto up = std::count_if(pool.members.begin(), pool.members.end(), [&](std::size_t i) {
    return i < d.verdicts.size() && d.verdicts[i].value == Value::kUp;
  });
  std::string out = "Pool " + pool.name + " (" + std::string(name(pool.method)) + "): " + std::to_string(up) + " of " +
                    std::to_string(pool.members.size()) + " members up";
  if (up < std::max<std::int64_t>(pool.min_members_up, 1)) {
    return out + ", it needs " + std::to_string(std::max<std::uint32_t>(pool.min_members_up, 1)) + ": not used.";
  }
  const bool answers = std::any_of(pool.members.begin(), pool.members.end(), [&](std::size_t i) {
    const auto& who = d.members;
    return std::find(who.begin(), who.end(), wideip.members[i].id) != who.end();
  });
  return out + (answers ? ": it answers." : ": it stands by.");
}

void add_required(const WideIp& wideip, std::span<const Observation> observed, base::Instant now,
                  std::vector<std::string>& out) {
  for (std::size_t i = 0; i < wideip.required.size() && wideip.members.size() + i < observed.size(); ++i) {
    const auto& health = observed[wideip.members.size() + i].health;
    out.push_back(std::string("Required ") + (wideip.required[i].wideip ? "wide-IP " : "monitor ") +
                  wideip.required[i].name + " is " + health_text(health.empty() ? Health{} : health.front(), now) +
                  ".");
  }
}

// What operators ordered, and what of it has no effect.
void add_orders(const WideIp& wideip, std::span<const Observation> observed, const Decision& d,
                std::vector<std::string>& out) {
  std::string drained;
  for (std::size_t i = 0; i < wideip.members.size() && i < observed.size(); ++i) {
    if (observed[i].drained) drained += (drained.empty() ? "" : ", ") + member_text(wideip.members[i].id);
  }
  if (!drained.empty()) out.push_back("By order of an operator nobody is sent to " + drained + ".");
  const auto pin = pinned_member(wideip, observed);
  if (!pin) return;
  const std::string who = member_text(wideip.members[*pin].id);
  if (observed[*pin].forced) {
    out.push_back("By order of an operator, against the safety rules, " + who +
                  " is answered whatever is known of it.");
  } else if (wideip.method == MethodKind::kActiveWriter) {
    out.push_back("By order of an operator nobody but " + who + " is answered, and it only while it holds the writer.");
  } else {
    out.push_back("By order of an operator " + who + " alone is answered while it is up" +
                  (d.reason == Reason::kPinned ? "." : ": it is not, so the method goes on without it."));
  }
}

// The writer that an order keeps out of the answer.
std::string barred_text(const WideIp& wideip, const Decision& d) {
  for (std::size_t i = 0; i < wideip.members.size() && i < d.verdicts.size(); ++i) {
    const Verdict& verdict = d.verdicts[i];
    if (verdict.lease_left <= base::Duration::zero()) continue;
    const std::string who = member_text(wideip.members[i].id) + " holds the writer, but ";
    if (verdict.ground == Ground::kDrained) return who + "is drained";
    if (verdict.ground == Ground::kUnpinned) return who + "another member is pinned";
  }
  return "the one that holds the writer may not be answered";
}

std::string then_text(const WideIp& wideip, const Decision& d) {
  const bool nobody = wideip.on_none.then == Then::kAll && d.outcome == Outcome::kServfail;
  return "on_none says " + std::string(name(wideip.on_none.then)) + (nobody ? ", but nobody is left to name" : "");
}

}  // namespace

std::string epoch_text(ecv::Epoch epoch) {
  if (epoch.value == 0) return "none";
  return std::to_string(epoch.counter()) + " of site " + std::to_string(epoch.site_id());
}

std::string member_text(const MemberId& id) { return id.site.empty() ? id.pool : id.site + "/" + id.pool; }

std::vector<std::string> texts(const Decision& decision) {
  std::vector<std::string> out;
  for (const auto& address : decision.addresses) out.push_back(address.to_string());
  for (const auto& cname : decision.cnames) out.push_back(cname + ".");
  return out;
}

std::string policy_text(const NonePolicy& policy) {
  std::string out;
  if (policy.hold > base::Duration::zero()) out = "hold " + base::format_duration(policy.hold) + ", then ";
  out += name(policy.then);
  for (const auto& address : policy.fallback) {
    if (policy.then == Then::kFallback) out += " " + address.to_string();
  }
  return out;
}

std::string detail(const Observation& observed, const Verdict& verdict, ecv::Epoch highest, base::Instant now) {
  if (verdict.ground == Ground::kDisabled) return "disabled by the configuration";
  if (!observed.claim) {
    return std::string(verdict.ground == Ground::kDrained ? "drained; " : "") + "never heard since the start";
  }
  const Claim& claim = *observed.claim;
  const std::string age = base::format_duration(now - claim.heard);
  const std::string active = "ACTIVE, epoch " + epoch_text(claim.epoch);
  switch (verdict.ground) {
    case Ground::kNeverHeard: return "never heard since the start";
    case Ground::kUnheard: return "not heard for " + age + ", said " + std::string(ecv::name(claim.state));
    case Ground::kLeaseOver:
      return "said " + active + " " + age + " ago; that lease ended " + base::format_duration(-verdict.lease_left) +
             " ago";
    case Ground::kNotActive: return "says " + std::string(ecv::name(claim.state)) + ", heard " + age + " ago";
    case Ground::kVoid: return "says " + active + "; void, the highest accepted is " + epoch_text(highest);
    case Ground::kLeap:
      return "says " + active + "; refused, too far ahead of " + epoch_text(highest) +
             " (forget-epoch, if the pair was rebuilt)";
    case Ground::kOutranked: return "says " + active + "; another live claim has a higher counter";
    case Ground::kTwin: return "says " + active + "; another live claim has the same counter";
    case Ground::kLive:
      return active + ", heard " + age + " ago, " + base::format_duration(verdict.lease_left) + " of lease left";
    case Ground::kStandsIn: return "no site has a standby that is well; it is " + active + ", heard " + age + " ago";
    case Ground::kReadable:
      return std::to_string(claim.readers) + (claim.readers == 1 ? " standby is" : " standbys are") + " well, heard " +
             age + " ago";
    case Ground::kNoReaders:
      return "says " + std::string(ecv::name(claim.state)) + ", no standby is well, heard " + age + " ago";
    case Ground::kDrained:
      return "drained; says " +
             (claim.state == ecv::PoolState::kActive ? active : std::string(ecv::name(claim.state))) + ", heard " +
             age + " ago";
    case Ground::kUnpinned: return active + ", heard " + age + " ago, but another member is pinned";
    case Ground::kDisabled:
    case Ground::kProbed:
    case Ground::kFailed:
    case Ground::kUnmonitored:
    case Ground::kUnprobed: break;  // of members without claims
  }
  return "";
}

std::string detail(const Member& member, const Observation& observed, const Verdict& verdict, ecv::Epoch highest,
                   base::Instant now) {
  if (member.of_site()) return detail(observed, verdict, highest, now);
  std::string out;
  if (verdict.ground == Ground::kDrained) out = "drained";
  if (verdict.ground == Ground::kDisabled) out = "disabled by the configuration";
  for (std::size_t i = 0; i < member.addresses.size() && i < observed.health.size(); ++i) {
    out += (out.empty() ? "" : "; ") + member.addresses[i].to_string() + " " + health_text(observed.health[i], now);
  }
  if (!member.cname.empty()) {
    out += (out.empty() ? "" : "; ") + std::string("alias of ") + member.cname + ".";
    if (member.monitor.empty()) return out + ", always up: it has no monitor";
    out += ", " + health_text(observed.health.empty() ? Health{} : observed.health.front(), now);
  }
  return out + " (monitor " + member.monitor + ")";
}

std::string why(const WideIp& wideip, const Decision& d) {
  const std::string who = members_text(d.members);
  const std::string none = none_text(d);
  switch (d.reason) {
    case Reason::kSelected: return selected_text(wideip, d);
    case Reason::kClaim: return who + " holds the writer, epoch " + epoch_text(d.epoch);
    case Reason::kHighest: return who + " has the highest of several live claims, epoch " + epoch_text(d.epoch);
    case Reason::kHoldDown: return who + " is kept by hold_down, though another member is up";
    case Reason::kConflict: return who + " is held: two live claims have the same counter";
    case Reason::kConflictNone:
      return "two live claims have the same counter and nothing can be held: " + then_text(wideip, d);
    case Reason::kPinned: return who + " is pinned by an operator";
    case Reason::kForced: return who + " is pinned by an operator with break-glass, though it is not known to be up";
    case Reason::kBarred: return barred_text(wideip, d) + ": " + then_text(wideip, d);
    case Reason::kHeld: return who + " is held: " + none;
    case Reason::kHoldOver: return none + " and the hold is over: " + then_text(wideip, d);
    case Reason::kNothingHeld: return none + " and nothing can be held: " + then_text(wideip, d);
  }
  return "";
}

std::vector<std::string> steps(const WideIp& wideip, std::span<const Observation> observed, const Memory& before,
                               const Decision& d, base::Instant now) {
  std::vector<std::string> out;
  const bool pools = wideip.pools.size() > 1;
  out.push_back("Method " + std::string(name(wideip.method)) + " over " +
                std::to_string(pools ? wideip.pools.size() : wideip.members.size()) + (pools ? " pools" : " members") +
                "; when none is up: " + policy_text(wideip.on_none) + ".");
  if (wideip.method == MethodKind::kActiveWriter) out.push_back(memory_text(before));
  add_required(wideip, observed, now, out);
  for (std::size_t i = 0; i < wideip.members.size() && i < observed.size() && i < d.verdicts.size(); ++i) {
    out.push_back(member_text(wideip.members[i].id) + " is " + std::string(name(d.verdicts[i].value)) + ": " +
                  detail(wideip.members[i], observed[i], d.verdicts[i], before.durable.highest, now) +
                  (observed[i].failing ? "; the latest poll of every path failed." : "."));
  }
  add_orders(wideip, observed, d, out);
  if (pools) {
    for (const Pool& pool : wideip.pools) out.push_back(pool_text(wideip, pool, d));
  }
  out.push_back("Hence " + why(wideip, d) + ".");
  if (d.reason == Reason::kHeld && d.memory.held_since) {
    out.push_back("Held for " + base::format_duration(now - *d.memory.held_since) + " of " +
                  base::format_duration(wideip.on_none.hold) + ".");
  }
  out.push_back(ttl_text(wideip, d, now));
  if (d.next)
    out.push_back("Unless something is heard, decided again in " + base::format_duration(*d.next - now) + ".");
  return out;
}

}  // namespace decide
