#include "tests/sim/scenario.h"

#include <algorithm>

namespace sim {

namespace {

int reached(const Segment& s, int site, int checkpoints) {
  int n = 0;
  for (int i = 0; i < checkpoints; ++i) n += has(s.checkpoint_cut[static_cast<std::size_t>(site)], i) ? 0 : 1;
  return n;
}

bool clean(const Segment& s, std::size_t path, int from, int to) {
  return has(s.clean[path][static_cast<std::size_t>(from)], to) &&
         !has(s.cut[path][static_cast<std::size_t>(from)], to);
}

bool stops_sitecheck(Fault f) {
  return f == Fault::kStop || f == Fault::kCrash || f == Fault::kStateLost || f == Fault::kOtherConfig ||
         f == Fault::kSwitchoverLoss || f == Fault::kHostCrash;
}

// Two failures at once that section 5 does not cover: the guard is away, and sitecheck cannot fence either.
bool guard_missed(const Scenario& sc) {
  constexpr Time kMargin = 500 * kMs;  // until a guard that came back has heard its deadline
  const Time held = 2 * sc.timing.lease.count();
  const bool any = std::any_of(sc.incidents.begin(), sc.incidents.end(), [](const Incident& i) {
    return i.fault == Fault::kGuardCrash || i.fault == Fault::kGuardStop;
  });
  if (!any) return false;
  for (const auto& guard : sc.incidents) {
    if (guard.fault != Fault::kGuardCrash && guard.fault != Fault::kGuardStop) continue;
    for (const auto& other : sc.incidents) {
      if (!stops_sitecheck(other.fault)) continue;
      const Time lasts = other.fault == Fault::kSwitchoverLoss ? other.length + sc.rival_wait() : other.length;
      if (other.at < guard.at + guard.length + kMargin + held && guard.at < other.at + lasts + held) return true;
    }
  }
  return false;
}

}  // namespace

const char* name(Fault f) {
  static constexpr const char* kNames[] = {
      "stop",        "crash",           "db-crash",      "db-hang",      "disk-full",   "host-crash",   "host-freeze",
      "state-lost",  "wrong-key",       "other-config",  "replay",       "forge",       "dnsd-crash",   "set-offline",
      "guard-crash", "guard-stop",      "witness-crash", "witness-stop", "etcd-down",   "etcd-rebuilt", "switchover",
      "abort",       "switchover-loss", "opened",        "force",        "etcd-revoked"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Fault::kCount));
  return kNames[static_cast<std::size_t>(f)];
}

bool assumption_holds(const Segment& s, const Scenario& sc, bool both) {
  const int quorum = sc.checkpoints / 2 + 1;
  if (reached(s, 0, sc.checkpoints) < quorum || reached(s, 1, sc.checkpoints) < quorum) return true;
  for (std::size_t p = 0; p < kPaths; ++p) {
    const bool there = clean(s, p, 0, 1);
    const bool back = clean(s, p, 1, 0);
    if (both ? there && back : there || back) return true;
  }
  return false;
}

Time Scenario::rival_wait() const {
  switch (arbiter) {
    case core::ArbiterKind::kCheckpoints: return timing.promote_wait.count();
    case core::ArbiterKind::kWitness: return std::max(timing.grant_wait, timing.promote_wait).count();
    case core::ArbiterKind::kEtcd: return timing.etcd_ttl.count() * 5 / 4;
  }
  return 0;
}

bool Scenario::promised() const {
  if (fence_beyond || peer_unguarded) return false;
  bool wrong_key = false;
  for (const auto& i : incidents) {
    // What was lost with the old etcd must have run out before the new one gives anything away.
    const Time ttl = timing.etcd_ttl.count() * 5 / 4;
    if (i.fault == Fault::kEtcdRebuilt && i.length < ttl + (timing.guard_tick + timing.fence_bound).count())
      return false;
    if (i.fault == Fault::kHostFreeze || i.fault == Fault::kOpened || i.fault == Fault::kEtcdRevoked) return false;
    wrong_key = wrong_key || i.fault == Fault::kWrongKey;
  }
  if (guard_missed(*this)) return false;
  if (arbiter != core::ArbiterKind::kCheckpoints) return true;
  return std::all_of(segments.begin(), segments.end(),
                     [&](const Segment& s) { return assumption_holds(s, *this, wrong_key); });
}

}  // namespace sim
