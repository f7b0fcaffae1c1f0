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

bool is_site(const Member& member) { return member.monitor.empty(); }

// No standby anywhere: reads go to the writer.
void let_writer_stand_in(const WideIp& wideip, std::span<const Observation> observed, const Durable& durable,
                         base::Instant now, std::vector<Verdict>& out) {
  const auto claims = judge_writer(wideip, observed.first(wideip.members.size()), durable, now);
  for (const std::size_t i : claims.chosen) {
    if (out[i].ground == Ground::kDrained) continue;
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
    out.push_back(is_site(member) ? judge_reports(member, observed[i], wideip.pace, now)
                                  : judge_probes(member, observed[i]));
    if (observed[i].drained) out.back() = {Value::kDown, Ground::kDrained};
    site_up = site_up || (is_site(member) && out.back().value == Value::kUp);
  }
  const bool sites = std::any_of(wideip.members.begin(), wideip.members.end(), is_site);
  if (sites && !site_up) let_writer_stand_in(wideip, observed, durable, now, out);
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
