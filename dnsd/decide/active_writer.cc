// active_writer: the one member whose site holds the ACTIVE writer.
#include <algorithm>

#include "dnsd/decide/writer.h"

namespace decide {

namespace {

// A claim by itself, before it is compared with the others.
Verdict appraise(const Observation& observed, const Pace& pace, ecv::Epoch highest, base::Instant now) {
  if (!observed.claim) return {Value::kSilent, Ground::kNeverHeard, {}};
  const Claim& claim = *observed.claim;
  if (claim.state != ecv::PoolState::kActive) {
    if (now - claim.heard >= pace.silent_after) return {Value::kSilent, Ground::kUnheard, {}};
    return {Value::kDown, Ground::kNotActive, {}};
  }
  const base::Duration left = claim.lease_end() - now;
  if (left <= base::Duration::zero()) return {Value::kSilent, Ground::kLeaseOver, left};
  const std::uint64_t counter = claim.epoch.counter();
  // Counter 0 means "no epoch known": no site can be ACTIVE under it.
  if (counter == 0 || counter < highest.counter()) return {Value::kDown, Ground::kVoid, left};
  // Against a poisoned memory: from then on every honest claim would be void. Nothing known: nothing to leap from.
  const std::uint64_t leap = claim.revisions ? kRevisionLeap : kEpochLeap;
  if (highest.counter() > 0 && counter - highest.counter() > leap) return {Value::kDown, Ground::kLeap, left};
  return {Value::kUp, Ground::kLive, left};
}

// The same counter from two sites: neither is believed (protocol.md section 3).
void contradict(Judgement& out) {
  for (const std::size_t i : out.chosen) {
    out.verdicts[i].value = Value::kConflict;
    out.verdicts[i].ground = Ground::kTwin;
  }
  out.chosen.clear();
  out.epoch = {};
  out.conflict = true;
}

}  // namespace

Judgement judge_writer(const WideIp& wideip, std::span<const Observation> observed, const Durable& durable,
                       base::Instant now) {
  Judgement out;
  std::uint64_t top = 0;
  for (const Observation& one : observed) {
    out.verdicts.push_back(appraise(one, wideip.pace, durable.highest, now));
    if (out.verdicts.back().value == Value::kUp) top = std::max(top, one.claim->epoch.counter());
  }
  // Two live claims: the higher counter (protocol.md section 3).
  for (std::size_t i = 0; i < observed.size(); ++i) {
    if (out.verdicts[i].value != Value::kUp) continue;
    if (observed[i].claim->epoch.counter() == top) {
      out.chosen.push_back(i);
      out.epoch = observed[i].claim->epoch;
    } else {
      out.verdicts[i].value = Value::kDown;
      out.verdicts[i].ground = Ground::kOutranked;
      out.outranked = true;
    }
  }
  if (out.chosen.size() > 1) contradict(out);
  return out;
}

}  // namespace decide
