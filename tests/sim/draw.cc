// Scenarios from seeds: the world, and how often what is drawn.
#include "tests/sim/draw.h"

#include <algorithm>

namespace sim {

namespace {

using core::ArbiterKind;

// A mixture, by a fixed rule: one seed in kLongEvery is a long campaign, as are those with a theme. The others are
// brief, so that many more worlds are tried in the same time.
constexpr std::uint64_t kLongEvery = 16;
struct Campaign {
  double faults;     // the time of faults, in times that a rival must wait
  double many;       // how likely more than two sites are
  double full_tail;  // how likely the quiet tail lasts its whole length
};
constexpr Campaign kLong{7, 0.2, 1.0 / 16};
// By arbiter. Datagrams cost the most, and in mode B each site asks every voter.
constexpr Campaign kBrief[] = {{5, 0, 0}, {3, 0.05, 0}, {4, 0.08, 0}};

// Of a brief seed less often, for a theme makes it long.
Theme draw_theme(std::uint64_t seed, Random& r) {
  const auto one = r.below(200);
  const auto scale = seed % kLongEvery == 0 ? 2U : 1U;
  if (one < 6 * scale) return Theme::kStandbyLosses;
  return one < 10 * scale ? Theme::kSwitchovers : Theme::kAny;
}

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

void draw_parties(Scenario& sc, const Campaign& campaign, Random& r) {
  switch (sc.arbiter) {
    case ArbiterKind::kCheckpoints: break;
    case ArbiterKind::kWitness:
      sc.sites = r.chance(1 - campaign.many) ? 2 : static_cast<int>(r.range(3, 4));
      sc.witnesses =
          sc.sites > 2 ? static_cast<int>(r.range(0, 2)) : static_cast<int>(r.chance(0.75) ? 1 : r.range(2, 3));
      break;
    case ArbiterKind::kEtcd: sc.sites = r.chance(1 - campaign.many) ? 2 : static_cast<int>(r.range(3, 4)); break;
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

Scenario draw(std::uint64_t seed, ArbiterKind arbiter, const Weakness& weakness) {
  Random r(seed, 1);
  Random clocks(seed, 2);
  Scenario sc;
  sc.seed = seed;
  sc.arbiter = arbiter;
  sc.timing = draw_timing(sc, r, weakness);
  const bool promised = r.chance(arbiter == ArbiterKind::kCheckpoints ? 0.85 : 0.93);
  const auto theme = draw_theme(seed, r);
  if (promised) sc.theme = theme;
  sc.brief = seed % kLongEvery != 0 && sc.theme == Theme::kAny;
  const auto& campaign = sc.brief ? kBrief[static_cast<std::size_t>(arbiter)] : kLong;
  draw_parties(sc, campaign, r);
  sc.promote_on_silence = !r.chance(0.08);
  sc.checkpoints = static_cast<int>(r.range(3, kMaxCheckpoints));
  sc.fresh = r.chance(0.4);
  sc.semi_sync = r.chance(0.2);
  sc.dnsds = r.chance(0.35) ? static_cast<int>(r.range(1, 3)) : 0;
  sc.relays = sc.dnsds > 0 && r.chance(0.7) && weakness.relays;
  sc.wire = r.chance(1.0 / 16);
  sc.slow_fence = r.chance(0.25);
  sc.full_tail = r.chance(campaign.full_tail);
  draw_clocks(sc, clocks);
  sc.quiet_at = static_cast<Time>(campaign.faults * static_cast<double>(sc.rival_wait()));
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
  if (weakness.short_stops) draw_short_stops(sc, r);
  if (weakness.revoked) draw_revocations(sc, r);
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
