#include "dnsd/decide/verdicts.h"

#include <algorithm>

#include "dnsd/decide/writer.h"

namespace decide {

namespace {

bool is_up(const Health& health) { return health.value == Health::Value::kUp; }

// The families of a site's addresses.
void set_families(Verdict& verdict, const Member& member) {
  for (const base::IpAddress& address : member.addresses) (address.is_v6() ? verdict.v6 : verdict.v4) = true;
}

// By what its monitor says of each address.
Verdict judge_probes(const Member& member, const Observation& observed) {
  Verdict out{Value::kSilent, Ground::kUnprobed};
  for (std::size_t i = 0; i < member.addresses.size() && i < observed.health.size(); ++i) {
    const Health& health = observed.health[i];
    if (is_up(health)) {
      (member.addresses[i].is_v6() ? out.v6 : out.v4) = true;
    } else if (health.value == Health::Value::kDown && out.value == Value::kSilent) {
      out.value = Value::kDown;
      out.ground = Ground::kFailed;
    }
  }
  if (out.v4 || out.v6) {
    out.value = Value::kUp;
    out.ground = Ground::kProbed;
  }
  return out;
}

// A site, as one to read from. An ACTIVE one may have standbys too.
Verdict judge_reports(const Member& member, const Observation& observed, const Pace& pace, base::Instant now) {
  if (!observed.claim) return {Value::kSilent, Ground::kNeverHeard};
  if (now - observed.claim->heard >= pace.silent_after) return {Value::kSilent, Ground::kUnheard};
  if (observed.claim->readers == 0) return {Value::kDown, Ground::kNoReaders};
  Verdict out{Value::kUp, Ground::kReadable};
  set_families(out, member);
  return out;
}

// An alias is up in both families, or in none.
Verdict judge_alias(const Member& member, const Observation& observed) {
  if (member.monitor.empty()) return {Value::kUp, Ground::kUnmonitored, {}, true, true};
  const Health health = observed.health.empty() ? Health{} : observed.health.front();
  switch (health.value) {
    case Health::Value::kUp: return {Value::kUp, Ground::kProbed, {}, true, true};
    case Health::Value::kDown: return {Value::kDown, Ground::kFailed};
    case Health::Value::kUnknown: break;
  }
  return {Value::kSilent, Ground::kUnprobed};
}

Verdict judge(const Member& member, const Observation& observed, const Pace& pace, base::Instant now) {
  if (member.of_site()) return judge_reports(member, observed, pace, now);
  return member.cname.empty() ? judge_probes(member, observed) : judge_alias(member, observed);
}

// No standby anywhere: reads go to the writer.
void let_writer_stand_in(const WideIp& wideip, std::span<const Observation> observed, const Durable& durable,
                         base::Instant now, std::vector<Verdict>& out) {
  const auto claims = judge_writer(wideip, observed.first(wideip.members.size()), durable, now);
  for (const std::size_t i : claims.chosen) {
    if (out[i].ground == Ground::kDrained || out[i].ground == Ground::kDisabled) continue;
    out[i] = {Value::kUp, Ground::kStandsIn, claims.verdicts[i].lease_left};
    set_families(out[i], wideip.members[i]);
  }
}

}  // namespace

std::vector<Verdict> judge_members(const WideIp& wideip, std::span<const Observation> observed, const Durable& durable,
                                   base::Instant now) {
  std::vector<Verdict> out;
  bool site_up = false;
  for (std::size_t i = 0; i < wideip.members.size(); ++i) {
    const Member& member = wideip.members[i];
    out.push_back(judge(member, observed[i], wideip.pace, now));
    if (member.disabled) out.back() = {Value::kDown, Ground::kDisabled};
    if (observed[i].drained) out.back() = {Value::kDown, Ground::kDrained};
    site_up = site_up || (member.of_site() && out.back().value == Value::kUp);
  }
  const bool sites =
      std::any_of(wideip.members.begin(), wideip.members.end(), [](const Member& m) { return m.of_site(); });
  if (sites && !site_up) let_writer_stand_in(wideip, observed, durable, now, out);
  return out;
}

std::vector<Watch> watches_of(const Member& member) {
  std::vector<Watch> out;
  if (member.of_site() || member.monitor.empty()) return out;
  if (!member.cname.empty()) return {{member.monitor, std::nullopt}};
  for (const base::IpAddress& address : member.addresses) out.push_back({member.monitor, address});
  return out;
}

bool has_required(const WideIp& wideip, std::span<const Observation> observed) {
  for (std::size_t i = 0; i < wideip.required.size(); ++i) {
    const auto& health = observed[wideip.members.size() + i].health;
    if (health.empty() || !is_up(health.front())) return false;
  }
  return true;
}

}  // namespace decide
