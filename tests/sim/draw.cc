// Scenarios from seeds: what is drawn, and how often.
#include <algorithm>
#include <vector>

#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

namespace {

using core::ArbiterKind;

Time us(base::Duration d) { return d.count(); }

base::Duration share(base::Duration d, double part) {
  return base::Duration(static_cast<Time>(static_cast<double>(us(d)) * part));
}

ecv::Timing draw_timing(Scenario& sc, Random& r, const Weakness& weakness) {
  const auto which = r.below(100);
  sc.preset = which < 75 ? "lan" : which < 92 ? "fast" : "wan";
  auto t = *ecv::preset(sc.preset);
  const bool tight = r.chance(0.5);  // as tight as `check` allows
  switch (sc.arbiter) {
    case ArbiterKind::kCheckpoints:
      if (tight) t.lease = ecv::least_lease(t);
      if (weakness.lease) t.lease = t.window() + t.interval;
      if (tight || weakness.lease) t.promote_wait = ecv::least_promote_wait(t);
      if (weakness.promote < 1) t.promote_wait = share(ecv::least_promote_wait(t), weakness.promote);
      break;
    case ArbiterKind::kWitness:
      if (tight) t.lease = std::max(ecv::least_held(t), t.lease / 2);
      if (tight) t.grant_wait = ecv::least_grant_wait(t);
      if (weakness.grant < 1) t.grant_wait = share(ecv::least_grant_wait(t), weakness.grant);
      break;
    case ArbiterKind::kEtcd:
      t = ecv::for_etcd(t);
      if (tight) t.lease = ecv::most_etcd_hold(t);
      t.lease = share(t.lease, weakness.etcd_hold);
      break;
  }
  return t;
}

// A length that matters to the protocol, or any.
Time draw_length(Random& r, const Scenario& sc) {
  const auto& t = sc.timing;
  const Time unit = std::max(kSecond, 4 * sc.interval());
  switch (r.below(6)) {
    case 0: return r.range(us(t.interval) / 4, us(t.window()));
    case 1: return us(t.lease) + r.range(-3 * unit / 10, 6 * unit / 10);
    case 2: return sc.rival_wait() + r.range(-6 * unit / 10, 6 * unit / 10);
    case 3: return std::max(kMs, sc.rival_wait() - us(t.lease)) + r.range(0, unit);
    case 4: return r.range(unit / 20, 3 * unit / 2);
    default: return r.range(unit / 2, 8 * unit);
  }
}

enum class Shape : std::uint8_t {
  kFine,
  kSplit,  // two groups that hear nothing of each other
  kOneWay,
  kAnyLinks,
  kIsolated,  // a site without checkpoints
  kSplitAndIsolated,
  kMinority,
  kAnything,
  kArbiterAway,  // etcd, for some
};

void isolate(Segment& s, int site, int checkpoints, Random& r) {
  // All, or just enough to lose the quorum.
  const int quorum = checkpoints / 2 + 1;
  const int lose = r.chance(0.7) ? checkpoints : checkpoints - quorum + 1;
  const auto first = r.below(static_cast<std::uint64_t>(checkpoints));
  for (int i = 0; i < lose; ++i) {
    put(s.checkpoint_cut[static_cast<std::size_t>(site)],
        static_cast<int>((first + static_cast<std::uint64_t>(i)) % static_cast<std::uint64_t>(checkpoints)), true);
  }
}

// CA: whenever both sites reach a quorum, one direction of one path delivers; while a site signs with a key that the
// other does not know, both directions.
void repair(Segment& s, const Scenario& sc, bool both, Random& r) {
  for (auto& path : s.clean) path.fill(0);
  if (assumption_holds(s, sc, both)) return;
  if (r.chance(0.4)) return isolate(s, static_cast<int>(r.below(2)), sc.checkpoints, r);
  std::vector<std::pair<std::size_t, int>> open;
  for (std::size_t p = 0; p < kPaths; ++p) {
    for (int d = 0; d < 2; ++d) {
      if (!has(s.cut[p][static_cast<std::size_t>(d)], 1 - d)) open.emplace_back(p, d);
    }
  }
  if (open.empty()) open.emplace_back(r.below(kPaths), static_cast<int>(r.below(2)));
  const auto [p, d] = open[r.below(open.size())];
  const auto carry = [&s, p = p](int from) {
    put(s.cut[p][static_cast<std::size_t>(from)], 1 - from, false);
    put(s.clean[p][static_cast<std::size_t>(from)], 1 - from, true);
  };
  carry(d);
  if (both) carry(1 - d);
}

// The group on the victim's side.
Mask draw_group(const Scenario& sc, int victim, Random& r) {
  Mask group = 0;
  for (int i = 0; i < sc.parties(); ++i) put(group, i, i == victim || (sc.parties() > 2 && r.chance(0.35)));
  return group;
}

void draw_links(Segment& s, Shape shape, const Scenario& sc, int victim, Random& r) {
  const bool split = shape == Shape::kSplit || shape == Shape::kSplitAndIsolated || shape == Shape::kOneWay;
  const Mask group = split ? draw_group(sc, victim, r) : Mask{0};
  const double density = sc.parties() > 2 ? r.real(0.1, 0.7) : 0.6;
  for (auto& path : s.cut) {
    for (int from = 0; from < sc.parties(); ++from) {
      for (int to = 0; to < sc.parties(); ++to) {
        bool cut = split && has(group, from) != has(group, to) && (shape != Shape::kOneWay || has(group, from));
        if (shape == Shape::kAnyLinks || shape == Shape::kAnything) cut = r.chance(density);
        put(path[static_cast<std::size_t>(from)], to, cut && from != to);
      }
    }
  }
  if (shape == Shape::kIsolated || shape == Shape::kSplitAndIsolated) isolate(s, victim, sc.checkpoints, r);
  if (shape == Shape::kMinority) {
    put(s.checkpoint_cut[static_cast<std::size_t>(victim)],
        static_cast<int>(r.below(static_cast<std::uint64_t>(sc.checkpoints))), true);
  }
  if (shape == Shape::kAnything) {
    for (int i = 0; i < sc.sites; ++i) {
      for (int k = 0; k < sc.checkpoints; ++k) put(s.checkpoint_cut[static_cast<std::size_t>(i)], k, r.chance(0.5));
    }
  }
}

void draw_etcd(Segment& s, Shape shape, const Scenario& sc, int victim, Random& r) {
  if (sc.arbiter != ArbiterKind::kEtcd) return;
  const bool away = shape == Shape::kIsolated || shape == Shape::kSplitAndIsolated || shape == Shape::kArbiterAway;
  for (int i = 0; i < sc.sites; ++i) {
    auto& sight = s.etcd[static_cast<std::size_t>(i)];
    if (away && (i == victim || r.chance(0.2))) sight = static_cast<EtcdSight>(r.range(1, 4));
    if (shape == Shape::kAnything && r.chance(0.4)) sight = static_cast<EtcdSight>(r.range(1, 4));
    put(s.watch_blind, i, sight == EtcdSight::kCut || r.chance(0.15));
  }
}

void draw_segments(Scenario& sc, bool promised, Random& r) {
  static constexpr Shape kAll[] = {Shape::kFine,     Shape::kSplit,
                                   Shape::kOneWay,   Shape::kAnyLinks,
                                   Shape::kIsolated, Shape::kSplitAndIsolated,
                                   Shape::kMinority, Shape::kSplitAndIsolated,
                                   Shape::kAnything, Shape::kArbiterAway};
  std::vector<Shape> shapes{Shape::kFine};
  for (const auto s : kAll) {
    if (r.chance(0.5)) shapes.push_back(s);  // each seed its own mixture
  }
  const bool wrong_key = std::any_of(sc.incidents.begin(), sc.incidents.end(),
                                     [](const Incident& i) { return i.fault == Fault::kWrongKey; });
  const bool swaps = r.chance(0.7);  // isolation swaps sides, again and again
  int victim = static_cast<int>(r.below(static_cast<std::uint64_t>(sc.sites)));
  Time at = r.range(0, 2 * sc.rival_wait());
  sc.segments.emplace_back();
  if (promised && sc.arbiter == ArbiterKind::kCheckpoints) repair(sc.segments.back(), sc, wrong_key, r);
  while (at < sc.quiet_at) {
    Segment s;
    s.at = at;
    if (swaps ? r.chance(0.9) : r.chance(0.4)) {
      victim = static_cast<int>(
          (static_cast<std::uint64_t>(victim) + 1 + r.below(static_cast<std::uint64_t>(sc.sites - 1))) %
          static_cast<std::uint64_t>(sc.sites));
    }
    const auto shape = shapes[r.below(shapes.size())];
    draw_links(s, shape, sc, victim, r);
    draw_etcd(s, shape, sc, victim, r);
    for (int i = 0; i < sc.sites; ++i) {
      put(s.dnsd_cut, i, r.chance(0.3));
      put(s.service_cut, i, sc.service && r.chance(0.15));
    }
    if (promised && sc.arbiter == ArbiterKind::kCheckpoints) repair(s, sc, wrong_key, r);
    sc.segments.push_back(s);
    at += draw_length(r, sc);
  }
}

// A target that speaks to nobody just as the writer is handed to it.
void cut_handovers(Scenario& sc, bool promised, Random& r) {
  const bool both = std::any_of(sc.incidents.begin(), sc.incidents.end(),
                                [](const Incident& i) { return i.fault == Fault::kWrongKey; });
  std::vector<Segment> more;
  for (const auto& i : sc.incidents) {
    if (i.fault != Fault::kSwitchover || !r.chance(0.6)) continue;
    Segment s;
    s.at = i.at + r.range(0, 2 * us(sc.timing.window()));
    if (s.at >= sc.quiet_at) continue;
    draw_links(s, Shape::kOneWay, sc, i.site, r);
    isolate(s, i.site, sc.checkpoints, r);
    if (promised && sc.arbiter == ArbiterKind::kCheckpoints) repair(s, sc, both, r);
    more.push_back(s);
  }
  for (const auto& s : more) {
    // What came soon after would undo it.
    std::erase_if(sc.segments, [&](const Segment& o) { return o.at >= s.at && o.at < s.at + 2 * sc.rival_wait(); });
    sc.segments.push_back(s);
  }
  std::sort(sc.segments.begin(), sc.segments.end(), [](const Segment& a, const Segment& b) { return a.at < b.at; });
}

void add_calm_segment(Scenario& sc, Time at) {
  Segment calm;
  calm.at = at;
  for (auto& path : calm.clean) path.fill(0xFF);
  sc.segments.push_back(calm);
}

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
                           {Fault::kForce, 0.1},
                           {Fault::kOpened, 0.2, true},
                           {Fault::kWitnessCrash, 0.5, false, ArbiterKind::kWitness},
                           {Fault::kWitnessStop, 0.4, false, ArbiterKind::kWitness},
                           {Fault::kEtcdDown, 0.4, false, ArbiterKind::kEtcd},
                           {Fault::kEtcdRebuilt, 0.15, false, ArbiterKind::kEtcd}};

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
      in.length = std::min(draw_length(r, sc), sc.quiet_at + 6 * sc.interval() - in.at);
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

void draw_parties(Scenario& sc, Random& r) {
  switch (sc.arbiter) {
    case ArbiterKind::kCheckpoints: break;
    case ArbiterKind::kWitness:
      sc.sites = r.chance(0.75) ? 2 : static_cast<int>(r.range(3, 4));
      sc.witnesses =
          sc.sites > 2 ? static_cast<int>(r.range(0, 2)) : static_cast<int>(r.chance(0.75) ? 1 : r.range(2, 3));
      break;
    case ArbiterKind::kEtcd: sc.sites = r.chance(0.8) ? 2 : static_cast<int>(r.range(3, 4)); break;
  }
}

void draw_network(Scenario& sc, Random& r) {
  if (r.chance(0.5)) sc.loss = r.real(0.0, 0.4);
  if (r.chance(0.4)) sc.duplicates = r.real(0.0, 0.3);
  if (r.chance(0.5)) {
    sc.tail = r.chance(0.3) ? r.real(0.5, 1.0) : r.real(0.0, 0.4);
    sc.tail_length = r.range(300 * kMs, 3 * kSecond);
  }
  if (r.chance(0.3)) sc.checkpoint_loss = r.real(0.0, 0.3);
}

void draw_clocks(Scenario& sc, Random& r) {
  const double drift = sc.timing.drift;
  const auto rate = [&] {
    return r.chance(0.5) ? (r.chance(0.5) ? 1 + drift : 1 - drift) : r.real(1 - drift, 1 + drift);
  };
  for (auto& one : sc.rate) one = rate();
  sc.etcd_rate = rate();
}

}  // namespace

Scenario draw(std::uint64_t seed, ArbiterKind arbiter, const Weakness& weakness) {
  Random r(seed, 1);
  Random clocks(seed, 2);
  Scenario sc;
  sc.seed = seed;
  sc.arbiter = arbiter;
  sc.timing = draw_timing(sc, r, weakness);
  const bool promised = r.chance(arbiter == ArbiterKind::kCheckpoints ? 0.85 : 0.93);
  const auto theme = r.below(100);
  if (promised && theme < 6) sc.theme = Theme::kStandbyLosses;
  if (promised && theme >= 6 && theme < 10) sc.theme = Theme::kSwitchovers;
  draw_parties(sc, r);
  sc.promote_on_silence = !r.chance(0.08);
  sc.checkpoints = static_cast<int>(r.range(3, kMaxCheckpoints));
  sc.fresh = r.chance(0.4);
  sc.semi_sync = r.chance(0.2);
  sc.dnsds = r.chance(0.35) ? static_cast<int>(r.range(1, 3)) : 0;
  sc.relays = sc.dnsds > 0 && r.chance(0.7) && weakness.relays;
  sc.wire = r.chance(1.0 / 16);
  sc.slow_fence = r.chance(0.25);
  sc.full_tail = r.chance(1.0 / 16);
  draw_clocks(sc, clocks);
  sc.quiet_at = 7 * sc.rival_wait();
  sc.end = sc.quiet_at + 10 * sc.rival_wait() + 8 * sc.interval();
  sc.client_writes = r.chance(0.7) ? r.real(0.05, 0.9) : 0;
  if (sc.theme != Theme::kAny) {
    add_calm_segment(sc, 0);
    if (sc.theme == Theme::kStandbyLosses) draw_standby_losses(sc, r);
    if (sc.theme == Theme::kSwitchovers) draw_switchovers(sc, r);
    return sc;
  }
  sc.peer_unguarded = !promised && r.chance(0.1);
  sc.fence_beyond = !promised && r.chance(0.1);
  sc.open_lost = r.chance(0.1) ? 0.4 : 0;
  sc.service = r.chance(0.25);
  sc.max_loss = r.chance(0.1);
  sc.anti_flap = r.chance(0.15) ? static_cast<int>(r.range(1, 3)) : 0;
  sc.replication_lag = r.chance(0.25) ? r.real(0.3, 0.95) : 0;
  draw_network(sc, r);
  draw_incidents(sc, promised, r);
  draw_segments(sc, promised, r);
  cut_handovers(sc, promised, r);
  add_calm_segment(sc, sc.quiet_at);
  std::sort(sc.incidents.begin(), sc.incidents.end(), [](const Incident& a, const Incident& b) { return a.at < b.at; });
  return sc;
}

Scenario draw_calm(std::uint64_t seed, ArbiterKind arbiter, double days) {
  Random r(seed, 1);
  Random clocks(seed, 2);
  Scenario sc;
  sc.seed = seed;
  sc.arbiter = arbiter;
  sc.theme = Theme::kCalm;
  sc.preset = "wan";
  sc.timing = *ecv::preset("wan");
  if (arbiter == ArbiterKind::kEtcd) sc.timing = ecv::for_etcd(sc.timing);
  sc.witnesses = arbiter == ArbiterKind::kWitness ? 1 : 0;
  sc.dnsds = 1;
  sc.relays = true;
  sc.loss = 0.05;
  sc.tail = 1;
  sc.tail_length = 300 * kMs;
  sc.client_writes = 0.5;
  draw_clocks(sc, clocks);
  sc.end = static_cast<Time>(days * 86400) * kSecond;
  sc.quiet_at = sc.end;
  sc.full_tail = true;
  sc.segments.emplace_back();
  return sc;
}

}  // namespace sim
