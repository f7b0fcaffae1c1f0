// How the network is cut, and when: drawn from the seed.
#include <algorithm>
#include <vector>

#include "tests/sim/draw.h"

namespace sim {

namespace {

using core::ArbiterKind;

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

}  // namespace

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

}  // namespace sim
