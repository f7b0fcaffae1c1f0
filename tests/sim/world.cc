#include "tests/sim/world.h"

#include <algorithm>

#include "tests/sim/dnsd_model.h"
#include "tests/sim/etcd_model.h"
#include "tests/sim/witness_model.h"

namespace sim {

World::World(const Scenario& scenario, const Options& options)
    : scenario_(&scenario), options_(options), checker(scenario, options.trace), network(*this) {
  for (int i = 0; i < scenario.sites; ++i) hosts.push_back(std::make_unique<Host>(*this, i));
  for (int i = 0; i < scenario.witnesses; ++i) witnesses.push_back(std::make_unique<WitnessModel>(*this, i));
  if (scenario.arbiter == core::ArbiterKind::kEtcd) etcd = std::make_unique<EtcdModel>(*this);
  for (int i = 0; i < scenario.dnsds; ++i) dnsds.push_back(std::make_unique<DnsdModel>(*this, i));
}

World::~World() = default;

core::SiteConfig World::config(int site, bool other) const {
  const auto& sc = *scenario_;
  core::SiteConfig c;
  c.site = site_name(site);
  c.id = static_cast<std::uint8_t>(site + 1);
  c.arbiter = sc.arbiter;
  for (int i = 0; i < sc.sites; ++i) {
    if (i != site) c.peers.push_back({site_name(i), static_cast<std::uint8_t>(i + 1), kPaths});
  }
  for (int i = 0; i < sc.witnesses; ++i) c.witnesses.push_back({network.party_name(sc.sites + i), kPaths});
  if (other && sc.arbiter == core::ArbiterKind::kWitness && sc.seed % 2 == 0) c.witnesses.push_back({"w9", kPaths});
  c.timing = sc.timing;
  if (other && sc.arbiter == core::ArbiterKind::kWitness && sc.seed % 2 == 1) {
    // Half of a change to other times.
    c.timing.lease *= 2;
    c.timing.grant_wait *= 2;
  }
  c.preset = sc.preset;
  c.promote_on_silence = sc.promote_on_silence;
  for (int i = 0; i < sc.checkpoints; ++i) {
    const auto id = std::string("k") + std::to_string(i);
    c.checkpoints.push_back({id, core::Scope::kExternal, other && i == 0 ? "elsewhere" : id});
  }
  c.checkpoints_clear_after = base::seconds(3);
  c.auto_recover_after = base::seconds(2);
  c.flap_count = 1000;
  core::PoolConfig pool;
  pool.name = "main";
  if (site == 0 && sc.peer_unguarded) pool.guard = "none";
  pool.nodes.push_back({"db" + std::to_string(site + 1), true, 1});
  pool.anti_flap = {base::seconds(5), sc.anti_flap > 0 ? sc.anti_flap : 1000};
  if (sc.max_loss) pool.max_loss = 0;
  pool.service = sc.service ? "192.0.2." + std::to_string(site + 1) + "@3306" : "";
  c.pools.push_back(std::move(pool));
  return c;
}

std::uint64_t World::promotions() const {
  std::uint64_t n = 0;
  for (const auto& host : hosts) n += host->promotions;
  return n;
}

void World::schedule() {
  for (std::size_t i = 1; i < scenario_->segments.size(); ++i) {
    heap.at(scenario_->segments[i].at, [this, i] {
      segment_ = i;
      if (checker.tracing()) checker.say(heap.now(), "the network changes (segment " + std::to_string(i) + ")");
    });
  }
  for (const auto& incident : scenario_->incidents) {
    heap.at(incident.at, [this, &incident] { befall(incident); });
  }
  if (scenario_->theme == Theme::kCalm) return;
  heap.at(scenario_->tidy_at(), [this] {
    if (scenario_->theme != Theme::kStandbyLosses) tidy_up();
    if (!scenario_->full_tail) watch_tail();
  });
}

void World::run() {
  schedule();
  if (!scenario_->fresh) {
    core::Record record;
    record.max_epoch = ecv::Epoch::make(7, 1);
    for (auto& host : hosts) {
      record.own_epoch = ecv::Epoch::make(host->id() == 0 ? 7 : 6, static_cast<std::uint8_t>(host->id() + 1));
      host->seed_state(record);
      host->database.row = record.max_epoch;
    }
  }
  if (etcd) etcd->begin();
  for (auto& host : hosts) host->begin();
  for (auto& dnsd : dnsds) dnsd->begin();
  heap.run_until(scenario_->end);
  if (!checker.failed() && !heap.stopped()) check_end();
  for (auto& host : hosts) host->crash_sitecheck();  // its counters
}

int World::writer() const {
  int found = -1;
  for (const auto& host : hosts) {
    if (!host->runs()) return -1;
    const auto s = host->state();
    const bool busy = s == core::State::kPromoting || s == core::State::kFencing || s == core::State::kDraining ||
                      s == core::State::kCandidate || s == core::State::kInit;
    if (busy) return -1;
    if (s != core::State::kActive) continue;
    if (found >= 0 || !host->database.writable()) return -1;
    found = host->id();
  }
  return found;
}

// The tail need not last once all has long been well: one writer, every dnsd answers it, nothing under way.
void World::watch_tail() {
  const int one = writer();
  const bool agreed =
      one >= 0 && std::all_of(dnsds.begin(), dnsds.end(), [&](const auto& d) { return d->answers() == one; });
  if (!agreed) {
    settled_since_ = -1;
  } else if (settled_since_ < 0) {
    settled_since_ = heap.now();
  }
  const Time enough = (scenario_->brief ? 0 : scenario_->rival_wait() * 9 / 8) + 4 * scenario_->interval();
  if (settled_since_ >= 0 && heap.now() - settled_since_ >= enough) {
    check_end();
    return heap.stop();
  }
  heap.after(2 * scenario_->interval(), [this] { watch_tail(); });
}

// Why there may rightly be no writer at the end: somebody must look at the data first.
bool World::excused() const {
  for (const auto& host : hosts) {
    if (!host->runs()) continue;
    const auto view = host->view();
    if (view.state == core::State::kQuarantined) return true;
    for (const auto& alarm : view.alarms) {
      if (alarm.starts_with("both sites hold") || alarm.find("max_loss") != std::string::npos) return true;
    }
  }
  return false;
}

// I15 after the quiet tail.
void World::check_end() {
  const Time now = heap.now();
  if (checker.failed()) return;
  check_themes();
  int active = 0;
  int writer = 0;
  std::string states;
  for (const auto& host : hosts) {
    if (!host->runs()) {
      states += " down";
      continue;
    }
    const auto view = host->view();
    states += " " + std::string(core::name(view.state)) + "(" + view.reason + ")";
    if (view.state != core::State::kActive || !host->database.writable()) continue;
    ++active;
    writer = host->id();
  }
  if (active > 1) return checker.broken_always(now, "I15", "two writers at the end:" + states);
  if (active == 0) {
    if (!excused()) return checker.broken_always(now, "I15", "no writer at the end:" + states);
    return checker.coverage.count(Deed::kEndsExcused);
  }
  checker.coverage.count(Deed::kEndsWithWriter);
  for (const auto& dnsd : dnsds) {
    if (dnsd->answers() == writer) continue;
    checker.broken_always(now, "I15", "a dnsd does not answer the sole writer");
  }
}

// I17 for losses of the standby only, I18 for loss and jitter only.
void World::check_themes() {
  const bool standby = scenario_->theme == Theme::kStandbyLosses;
  if (!standby && scenario_->theme != Theme::kCalm) return;
  for (const auto& host : hosts) {
    if (!host->runs() || host->fences == 0) continue;
    checker.broken_always(heap.now(), standby ? "I17" : "I18",
                          site_name(host->id()) + (standby ? " fenced though only standbys were lost"
                                                           : " fenced though nothing but loss and jitter happened"));
  }
}

}  // namespace sim
