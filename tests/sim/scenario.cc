#include "tests/sim/scenario.h"

#include <algorithm>
#include <cmath>

#include "tests/sim/random.h"

namespace sim {

namespace {

Time us(base::Duration d) { return d.count(); }

ecv::Timing draw_timing(Random& faults, const Weakness& weakness) {
  auto t = *ecv::preset(faults.chance(0.8) ? "lan" : "fast");
  if (faults.chance(0.5)) {  // as tight as `check` allows
    t.lease = ecv::least_lease(t);
    t.promote_wait = ecv::least_promote_wait(t);
  }
  if (weakness.lease) {
    t.lease = t.window() + t.interval;
    t.promote_wait = ecv::least_promote_wait(t);
  }
  if (weakness.promote < 1) {
    t.promote_wait =
        base::Duration(static_cast<Time>(static_cast<double>(us(ecv::least_promote_wait(t))) * weakness.promote));
  }
  return t;
}

// A length that matters to the protocol, or any.
Time draw_length(Random& r, const ecv::Timing& t) {
  switch (r.below(6)) {
    case 0: return r.range(us(t.interval) / 4, us(t.window()));
    case 1: return us(t.lease) + r.range(-300 * kMs, 600 * kMs);
    case 2: return us(t.promote_wait) + r.range(-600 * kMs, 600 * kMs);
    case 3: return us(t.promote_wait) - us(t.lease) + r.range(-500 * kMs, 500 * kMs);
    case 4: return r.range(50 * kMs, 1500 * kMs);
    default: return r.range(500 * kMs, 8 * kSecond);
  }
}

enum class Shape : std::uint8_t {
  kFine,
  kCutAll,
  kOneWay,
  kAnyLinks,
  kIsolated,
  kCutAndIsolated,
  kMinority,
  kAnything
};

void isolate(Segment& s, int site, int checkpoints, Random& r) {
  // All, or just enough to lose the quorum.
  const int quorum = checkpoints / 2 + 1;
  const int lose = r.chance(0.7) ? checkpoints : checkpoints - quorum + 1;
  const int first = static_cast<int>(r.below(static_cast<std::uint64_t>(checkpoints)));
  for (int i = 0; i < lose; ++i) s.checkpoint_cut[site][(first + i) % checkpoints] = true;
}

bool reaches_quorum(const Segment& s, int site, int checkpoints) {
  int ok = 0;
  for (int i = 0; i < checkpoints; ++i) ok += s.checkpoint_cut[site][i] ? 0 : 1;
  return ok >= checkpoints / 2 + 1;
}

// CA: whenever both sites reach a quorum, one direction of one path delivers; while a site signs with a key that the
// other does not know, both directions (README.md).
void repair(Segment& s, const Scenario& sc, bool wrong_key, Random& r) {
  if (!reaches_quorum(s, 0, sc.checkpoints) || !reaches_quorum(s, 1, sc.checkpoints)) return;
  if (r.chance(0.4)) {
    isolate(s, static_cast<int>(r.below(2)), sc.checkpoints, r);
    return;
  }
  std::vector<std::pair<int, int>> open;
  for (int p = 0; p < kPaths; ++p) {
    for (int d = 0; d < 2; ++d) {
      if (!s.cut[p][d]) open.emplace_back(p, d);
    }
  }
  if (open.empty()) open.emplace_back(static_cast<int>(r.below(kPaths)), static_cast<int>(r.below(2)));
  const auto [p, d] = open[r.below(open.size())];
  s.cut[p][d] = false;
  s.clean[p][d] = true;
  if (!wrong_key) return;
  s.cut[p][1 - d] = false;
  s.clean[p][1 - d] = true;
}

void draw_links(Segment& s, Shape shape, int checkpoints, int victim, Random& r) {
  const bool cut_all = shape == Shape::kCutAll || shape == Shape::kCutAndIsolated;
  for (int p = 0; p < kPaths; ++p) {
    for (int d = 0; d < 2; ++d) {
      if (cut_all) s.cut[p][d] = true;
      if (shape == Shape::kOneWay) s.cut[p][d] = d == victim;
      if (shape == Shape::kAnyLinks || shape == Shape::kAnything) s.cut[p][d] = r.chance(0.6);
    }
  }
  if (shape == Shape::kIsolated || shape == Shape::kCutAndIsolated) isolate(s, victim, checkpoints, r);
  if (shape == Shape::kMinority) s.checkpoint_cut[victim][r.below(static_cast<std::uint64_t>(checkpoints))] = true;
  if (shape == Shape::kAnything) {
    for (auto& site : s.checkpoint_cut) {
      for (auto& cut : site) cut = r.chance(0.5);
    }
  }
}

void draw_segments(Scenario& sc, Random& r) {
  static constexpr Shape kAll[] = {Shape::kFine,           Shape::kCutAll,   Shape::kOneWay,
                                   Shape::kAnyLinks,       Shape::kIsolated, Shape::kCutAndIsolated,
                                   Shape::kCutAndIsolated, Shape::kMinority, Shape::kAnything};
  std::vector<Shape> shapes{Shape::kFine};
  for (const auto s : kAll) {
    if (r.chance(0.5)) shapes.push_back(s);  // each seed its own mixture
  }
  const bool wrong_key = std::any_of(sc.incidents.begin(), sc.incidents.end(),
                                     [](const Incident& i) { return i.fault == Fault::kWrongKey; });
  int victim = static_cast<int>(r.below(2));
  Time at = r.range(0, 2 * us(sc.timing.promote_wait));
  Segment first;
  sc.segments.push_back(first);
  while (at < sc.quiet_at) {
    Segment s;
    s.at = at;
    if (r.chance(0.7)) victim = 1 - victim;  // isolation swaps sides
    draw_links(s, shapes[r.below(shapes.size())], sc.checkpoints, victim, r);
    for (auto& cut : s.dnsd_cut) cut = r.chance(0.3);
    if (sc.assumption) repair(s, sc, wrong_key, r);
    sc.segments.push_back(s);
    at += draw_length(r, sc.timing);
  }
  Segment calm;
  calm.at = sc.quiet_at;
  for (auto& path : calm.clean) path[0] = path[1] = true;
  sc.segments.push_back(calm);
}

void draw_incidents(Scenario& sc, Random& r) {
  struct Kind {
    Fault fault;
    bool breaks_promise;
    double chance;
  };
  static constexpr Kind kKinds[] = {
      {Fault::kStop, false, 0.5},         {Fault::kCrash, false, 0.4},     {Fault::kDatabaseCrash, false, 0.4},
      {Fault::kDatabaseHang, false, 0.3}, {Fault::kDiskFull, false, 0.15}, {Fault::kHostCrash, false, 0.25},
      {Fault::kHostFreeze, true, 0.2},    {Fault::kStateLost, false, 0.1}, {Fault::kWrongKey, false, 0.15},
      {Fault::kOtherConfig, false, 0.1},  {Fault::kReplay, false, 0.3},    {Fault::kDnsdCrash, false, 0.3},
      {Fault::kSetOffline, false, 0.1}};
  for (const auto& kind : kKinds) {
    if (!r.chance(kind.chance) || (kind.breaks_promise && sc.assumption)) continue;
    const auto count = r.range(1, kind.fault == Fault::kStop || kind.fault == Fault::kReplay ? 6 : 3);
    for (std::int64_t i = 0; i < count; ++i) {
      Incident in;
      in.at = r.range(0, sc.quiet_at);
      in.fault = kind.fault;
      in.site = static_cast<int>(r.below(2));
      in.length = std::min(draw_length(r, sc.timing), sc.quiet_at + 5 * kSecond - in.at);
      in.active_only = r.chance(0.3);
      sc.incidents.push_back(in);
      if (kind.fault != Fault::kWrongKey || !r.chance(0.6)) continue;
      in.active_only = false;  // a rotation half-done at both: neither knows the other's key
      for (in.site = 0; in.site < 2; ++in.site) sc.incidents.push_back(in);
    }
  }
}

void draw_standby_losses(Scenario& sc, Random& r) {
  static constexpr Fault kFaults[] = {Fault::kStop, Fault::kCrash, Fault::kDatabaseCrash, Fault::kHostCrash};
  const Time first = 4 * us(sc.timing.promote_wait) + 4 * kSecond;
  Time at = first;
  while (at < sc.quiet_at + 10 * kSecond) {
    Incident in;
    in.at = at;
    in.fault = kFaults[r.below(4)];
    in.standby_only = true;
    in.length = draw_length(r, sc.timing) + (r.chance(0.2) ? 8 * kSecond : 0);
    sc.incidents.push_back(in);
    at += in.length + r.range(2 * kSecond, 6 * kSecond);
  }
  Segment calm;
  for (auto& path : calm.clean) path[0] = path[1] = true;
  sc.segments.push_back(calm);
}

}  // namespace

Scenario draw(std::uint64_t seed, const Weakness& weakness) {
  Random faults(seed, 1);
  Random clocks(seed, 2);
  Scenario sc;
  sc.seed = seed;
  sc.timing = draw_timing(faults, weakness);
  sc.assumption = faults.chance(0.85);
  sc.standby_losses = sc.assumption && faults.chance(0.08);
  sc.promote_on_silence = !faults.chance(0.08);
  sc.checkpoints = static_cast<int>(faults.range(3, kMaxCheckpoints));
  sc.fresh = faults.chance(0.4);
  sc.dnsds = faults.chance(0.35) ? static_cast<int>(faults.range(1, 2)) : 0;
  sc.relays = sc.dnsds > 0 && faults.chance(0.7);
  for (auto& rate : sc.rate) {
    const double drift = sc.timing.drift;
    rate = clocks.chance(0.5) ? (clocks.chance(0.5) ? 1 + drift : 1 - drift) : clocks.real(1 - drift, 1 + drift);
  }
  sc.end = 60 * kSecond;
  sc.quiet_at = sc.end - 10 * us(sc.timing.promote_wait) - 2 * kSecond;
  sc.client_writes = faults.chance(0.7) ? faults.real(0.05, 0.9) : 0;
  if (sc.standby_losses) {
    draw_standby_losses(sc, faults);
    return sc;
  }
  sc.peer_unguarded = !sc.assumption && faults.chance(0.1);
  if (faults.chance(0.5)) sc.loss = faults.real(0.0, 0.4);
  if (faults.chance(0.4)) sc.duplicates = faults.real(0.0, 0.3);
  if (faults.chance(0.5)) {
    sc.tail = faults.real(0.0, 0.4);
    sc.tail_length = faults.range(300 * kMs, 3 * kSecond);
  }
  if (faults.chance(0.3)) sc.checkpoint_loss = faults.real(0.0, 0.3);
  draw_incidents(sc, faults);
  draw_segments(sc, faults);
  std::sort(sc.incidents.begin(), sc.incidents.end(), [](const Incident& a, const Incident& b) { return a.at < b.at; });
  return sc;
}

namespace {

const char* name(Fault f) {
  static constexpr const char* kNames[] = {"stop",       "crash",       "db-crash",   "db-hang",   "disk-full",
                                           "host-crash", "host-freeze", "state-lost", "wrong-key", "other-config",
                                           "replay",     "dnsd-crash",  "set-offline"};
  return kNames[static_cast<int>(f)];
}

}  // namespace

std::string describe(const Scenario& s) {
  std::string out = "seed " + std::to_string(s.seed) + (s.assumption ? " (CA holds)" : " (CA broken)") +
                    (s.standby_losses ? " standby losses only" : "") + (s.fresh ? " new pair" : "") +
                    (s.promote_on_silence ? "" : " hold") + " T_promote=" + std::to_string(us(s.timing.promote_wait)) +
                    " L=" + std::to_string(us(s.timing.lease)) + " I=" + std::to_string(us(s.timing.interval)) +
                    " checkpoints=" + std::to_string(s.checkpoints) + " dnsds=" + std::to_string(s.dnsds) +
                    " loss=" + std::to_string(s.loss) + " tail=" + std::to_string(s.tail) +
                    " rates=" + std::to_string(s.rate[0]) + "," + std::to_string(s.rate[1]) + "\n";
  for (const auto& g : s.segments) {
    out += "  " + std::to_string(g.at / kMs) + " ms: links";
    for (int p = 0; p < kPaths; ++p) {
      for (int d = 0; d < 2; ++d) {
        out += std::string(" ") + (d == 0 ? "0>1" : "1>0") + "/" + std::to_string(p) +
               (g.cut[p][d]     ? "=cut"
                : g.clean[p][d] ? "=clean"
                                : "=open");
      }
    }
    for (int site = 0; site < 2; ++site) {
      out += " k" + std::to_string(site) + "=";
      for (int i = 0; i < s.checkpoints; ++i) out += g.checkpoint_cut[site][i] ? '0' : '1';
    }
    out += "\n";
  }
  for (const auto& i : s.incidents) {
    out += "  " + std::to_string(i.at / kMs) + " ms: " + name(i.fault) + " site " + std::to_string(i.site) + " for " +
           std::to_string(i.length / kMs) + " ms" + (i.standby_only ? " (the standby)" : "") +
           (i.active_only ? " (the active)" : "") + "\n";
  }
  return out;
}

}  // namespace sim
