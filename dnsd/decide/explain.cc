#include "dnsd/decide/explain.h"

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
    return "The claim is renewed in time and no poll failed: the full TTL, " + seconds_text(d.ttl_s) + ".";
  const bool accepted = d.reason == Reason::kClaim || d.reason == Reason::kHighest;
  const std::string least = "min_ttl, " + seconds_text(wideip.min_ttl_s);
  if (!accepted) return "The answer stands on no live claim: " + least + ".";
  if (d.memory.troubled_at && now > *d.memory.troubled_at) {
    return "There was trouble " + base::format_duration(now - *d.memory.troubled_at) + " ago: " + least + ", until " +
           base::format_duration(wideip.pace.calm_after) + " passed without.";
  }
  return "The claim was not renewed in time, or a poll failed: " + least + ".";
}

std::string then_text(const WideIp& wideip) { return "on_none says " + std::string(name(wideip.on_none.then)); }

}  // namespace

std::string epoch_text(ecv::Epoch epoch) {
  if (epoch.value == 0) return "none";
  return std::to_string(epoch.counter()) + " of site " + std::to_string(epoch.site_id());
}

std::string member_text(const MemberId& id) { return id.site + "/" + id.pool; }

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
  if (!observed.claim) return "never heard since the start";
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
  }
  return "";
}

std::string why(const WideIp& wideip, const Decision& d) {
  const std::string who = members_text(d.members);
  switch (d.reason) {
    case Reason::kClaim: return who + " holds the writer, epoch " + epoch_text(d.epoch);
    case Reason::kHighest: return who + " has the highest of several live claims, epoch " + epoch_text(d.epoch);
    case Reason::kHoldDown: return who + " is kept by hold_down, though another member is up";
    case Reason::kConflict: return who + " is held: two live claims have the same counter";
    case Reason::kConflictNone:
      return "two live claims have the same counter and nothing can be held: " + then_text(wideip);
    case Reason::kHeld: return who + " is held: no member is up";
    case Reason::kHoldOver: return "no member is up and the hold is over: " + then_text(wideip);
    case Reason::kNothingHeld: return "no member is up and nothing can be held: " + then_text(wideip);
  }
  return "";
}

std::vector<std::string> steps(const WideIp& wideip, std::span<const Observation> observed, const Memory& before,
                               const Decision& d, base::Instant now) {
  std::vector<std::string> out;
  out.push_back("Method " + std::string(name(wideip.method)) + " over " + std::to_string(wideip.members.size()) +
                " members; when none is up: " + policy_text(wideip.on_none) + ".");
  out.push_back(memory_text(before));
  for (std::size_t i = 0; i < wideip.members.size() && i < observed.size() && i < d.verdicts.size(); ++i) {
    out.push_back(member_text(wideip.members[i].id) + " is " + std::string(name(d.verdicts[i].value)) + ": " +
                  detail(observed[i], d.verdicts[i], before.durable.highest, now) +
                  (observed[i].failing ? "; the latest poll of every path failed." : "."));
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
