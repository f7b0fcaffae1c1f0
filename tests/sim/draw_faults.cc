// What befalls the sites, and how often: drawn from the seed.
#include <algorithm>
#include <optional>

#include "tests/sim/draw.h"

namespace sim {

namespace {

using core::ArbiterKind;

struct Kind {
  Fault fault;
  double chance;
  bool breaks_promise = false;
  std::optional<ArbiterKind> only{};
};

constexpr Kind kKinds[] = {{Fault::kStop, 0.5},
                           {Fault::kCrash, 0.4},
                           {Fault::kDatabaseCrash, 0.4},
                           {Fault::kDatabaseHang, 0.3},
                           {Fault::kDiskFull, 0.15},
                           {Fault::kHostCrash, 0.25},
                           {Fault::kHostFreeze, 0.2, true},
                           {Fault::kStateLost, 0.1},
                           {Fault::kWrongKey, 0.15},
                           {Fault::kOtherConfig, 0.1},
                           {Fault::kReplay, 0.3},
                           {Fault::kForge, 0.1},
                           {Fault::kDnsdCrash, 0.3},
                           {Fault::kSetOffline, 0.1},
                           {Fault::kGuardCrash, 0.12},
                           {Fault::kGuardStop, 0.1},
                           {Fault::kSwitchover, 0.25},
                           {Fault::kAbort, 0.1},
                           {Fault::kSwitchoverLoss, 0.1},
                           {Fault::kForce, 0.2},
                           {Fault::kOpened, 0.2, true},
                           {Fault::kWitnessCrash, 0.5, false, ArbiterKind::kWitness},
                           {Fault::kWitnessStop, 0.4, false, ArbiterKind::kWitness},
                           {Fault::kEtcdDown, 0.4, false, ArbiterKind::kEtcd},
                           {Fault::kEtcdRebuilt, 0.15, false, ArbiterKind::kEtcd},
                           {Fault::kEtcdRevoked, 0.3, true, ArbiterKind::kEtcd}};

}  // namespace

void draw_incidents(Scenario& sc, bool promised, Random& r) {
  bool guard_away = false;
  for (const auto& kind : kKinds) {
    if (kind.only && *kind.only != sc.arbiter) continue;
    if (!r.chance(kind.chance) || (kind.breaks_promise && promised)) continue;
    const bool of_guard = kind.fault == Fault::kGuardCrash || kind.fault == Fault::kGuardStop;
    if (of_guard) {
      // Where something is promised, sitecheck must live while its guard does not.
      guard_away = guard_away || promised;
      if (promised && r.chance(0.5)) continue;
    }
    const auto count = r.range(1, kind.fault == Fault::kStop || kind.fault == Fault::kReplay ? 6 : 3);
    for (std::int64_t i = 0; i < count; ++i) {
      Incident in;
      in.at = r.range(0, sc.quiet_at);
      in.fault = kind.fault;
      const bool witness = kind.fault == Fault::kWitnessCrash || kind.fault == Fault::kWitnessStop;
      if (witness && sc.witnesses == 0) break;
      in.site = static_cast<int>(r.below(static_cast<std::uint64_t>(witness ? sc.witnesses : sc.sites)));
      in.length = std::min(draw_length(r, sc), sc.tidy_at() - 2 * sc.interval() - in.at);
      in.active_only = r.chance(0.3);
      if (kind.fault == Fault::kSwitchoverLoss) in.length = r.range(0, us(sc.timing.window()) * 2);
      if (kind.fault == Fault::kEtcdRebuilt) {
        in.length = sc.rival_wait() * 3 / 2 + us(sc.timing.guard_tick + sc.timing.fence_bound);
      }
      sc.incidents.push_back(in);
      if (kind.fault != Fault::kWrongKey || !r.chance(0.6)) continue;
      in.active_only = false;  // a rotation half-done at all: none knows another's key
      for (in.site = 0; in.site < sc.sites; ++in.site) sc.incidents.push_back(in);
    }
  }
  if (!guard_away) return;
  std::erase_if(sc.incidents, [](const Incident& i) {
    return i.fault == Fault::kStop || i.fault == Fault::kCrash || i.fault == Fault::kStateLost ||
           i.fault == Fault::kOtherConfig || i.fault == Fault::kSwitchoverLoss || i.fault == Fault::kHostCrash;
  });
}

// A writer is away for about as long as its rival must wait; when it comes back the rival is stopped, for less than W.
void draw_short_stops(Scenario& sc, Random& r) {
  const Time window = us(sc.timing.window());
  sc.incidents.clear();
  for (Time at = 2 * sc.rival_wait(); at < sc.quiet_at; at += 2 * sc.rival_wait() + r.range(0, 8 * sc.interval())) {
    Incident crash;
    crash.at = at;
    crash.fault = Fault::kCrash;
    crash.active_only = true;
    crash.length = sc.rival_wait() - r.range(0, window / 2);
    sc.incidents.push_back(crash);
    for (int site = 0; site < sc.sites; ++site) {
      Incident stop;
      stop.at = at + crash.length - r.range(0, window / 4);
      stop.fault = Fault::kStop;
      stop.site = site;
      stop.length = r.range(window / 2, window * 9 / 10);
      sc.incidents.push_back(stop);
    }
  }
}

void draw_revocations(Scenario& sc, Random& r) {
  for (int i = 0; i < 4; ++i) {
    Incident in;
    in.at = r.range(2 * sc.rival_wait(), sc.quiet_at);
    in.fault = Fault::kEtcdRevoked;
    sc.incidents.push_back(in);
  }
}

void draw_standby_losses(Scenario& sc, Random& r) {
  static constexpr Fault kFaults[] = {Fault::kStop, Fault::kCrash, Fault::kDatabaseCrash, Fault::kHostCrash};
  Time at = 4 * sc.rival_wait() + 16 * sc.interval();
  while (at < sc.quiet_at) {
    Incident in;
    in.at = at;
    in.fault = kFaults[r.below(4)];
    in.standby_only = true;
    in.length = draw_length(r, sc) + (r.chance(0.2) ? 32 * sc.interval() : 0);
    sc.incidents.push_back(in);
    at += in.length + r.range(8 * sc.interval(), 24 * sc.interval());
  }
}

void draw_switchovers(Scenario& sc, Random& r) {
  Time at = 4 * sc.rival_wait() + 16 * sc.interval();
  while (at < sc.quiet_at) {
    Incident in;
    in.at = at;
    in.fault = Fault::kSwitchover;
    in.site = static_cast<int>(r.below(static_cast<std::uint64_t>(sc.sites)));
    sc.incidents.push_back(in);
    at += 10 * kSecond + sc.rival_wait() + r.range(0, 16 * sc.interval());
  }
}

}  // namespace sim
