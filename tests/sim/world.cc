#include "tests/sim/world.h"

#include <algorithm>

namespace sim {

World::World(const Scenario& scenario, const Options& options)
    : checker(scenario, options.trace),
      network(scenario.seed, 3),
      local(scenario.seed, 4),
      scenario_(&scenario),
      options_(options) {
  for (int i = 0; i < 2; ++i) hosts.push_back(std::make_unique<Host>(*this, i));
  for (int i = 0; i < scenario.dnsds; ++i) dnsds.push_back(std::make_unique<DnsdModel>(*this, i));
}

core::SiteConfig World::config(int site, bool other) const {
  core::SiteConfig c;
  c.site = "site" + std::to_string(site + 1);
  c.id = static_cast<std::uint8_t>(site + 1);
  c.peers = {core::PeerConfig{"site" + std::to_string(2 - site), static_cast<std::uint8_t>(2 - site), kPaths}};
  c.timing = scenario_->timing;
  c.promote_on_silence = scenario_->promote_on_silence;
  for (int i = 0; i < scenario_->checkpoints; ++i) {
    const auto id = std::string("k") + std::to_string(i);
    c.checkpoints.push_back({id, core::Scope::kExternal, other && i == 0 ? "elsewhere" : id});
  }
  c.checkpoints_clear_after = base::seconds(3);
  c.auto_recover_after = base::seconds(2);
  c.flap_count = 1000;
  core::PoolConfig pool;
  pool.name = "main";
  if (site == 0 && scenario_->peer_unguarded) pool.guard = "none";
  pool.nodes.push_back({"db" + std::to_string(site + 1), true, 1});
  pool.anti_flap = {base::seconds(5), 1000};
  c.pools.push_back(pool);
  return c;
}

bool World::connected() const {
  if (!hosts[0]->up() || !hosts[1]->up()) return false;
  return std::any_of(std::begin(segment().cut), std::end(segment().cut),
                     [](const auto& path) { return !path[0] && !path[1]; });
}

bool World::reaches_checkpoint(int site, int checkpoint) {
  return !segment().checkpoint_cut[site][checkpoint] && !network.chance(scenario_->checkpoint_loss);
}

void World::transmit(int from, const ecv::Datagram& d) {
  const bool verifies = !hosts[static_cast<std::size_t>(from)]->wrong_key();
  const int to = 1 - from;
  for (int p = 0; p < kPaths; ++p) {
    if (segment().cut[p][from]) continue;
    const bool clean = segment().clean[p][from];
    if (!clean && network.chance(scenario_->loss)) continue;
    const int copies = network.chance(scenario_->duplicates) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      Time delay = network.range(kMs / 2, 8 * kMs);
      if (clean) {
        delay = network.range(kMs / 2, std::max<Time>(kMs, scenario_->timing.timeout.count() / 4));
      } else if (network.chance(scenario_->tail)) {
        delay = network.range(0, scenario_->tail_length);
      }
      heap.after(delay, [this, to, p, d, verifies] { deliver(to, p, d, verifies, false); });
    }
    if (overheard_.size() < 64) {
      overheard_.push_back({to, p, d});
    } else if (++overheard_next_ % 7 == 0) {
      overheard_[overheard_next_ / 7 % 64] = {to, p, d};
    }
  }
}

void World::deliver(int to, int path, const ecv::Datagram& d, bool verifies, bool replayed) {
  auto& host = *hosts[static_cast<std::size_t>(to)];
  if (!host.up()) return;
  if (options_.trace && options_.datagrams) {
    checker.say(heap.now(), "site " + std::to_string(to) + " gets " + std::string(ecv::name(d.state)) + " seq " +
                                std::to_string(d.seq) + " boot " + std::to_string(d.boot_id % 1000) + " nonce " +
                                std::to_string(d.nonce % 1000) + " echo " + std::to_string(d.echo % 1000) + " want " +
                                std::to_string(static_cast<int>(d.want)) + " answers " +
                                std::to_string(d.answers.size()) + (replayed ? " replayed" : "") +
                                (verifies ? "" : " unverifiable"));
  }
  if (verifies) {
    host.notice_peer(d);
    host.give(core::PeerDatagram{d, static_cast<std::size_t>(path)});
  } else {
    host.give(core::PeerUnverifiable{ecv::DatagramFault::kUnknownKey, static_cast<std::size_t>(path)});
  }
}

void World::replay(int to) {
  for (const auto& o : overheard_) {
    if (o.to != to) continue;
    heap.after(network.range(0, 2 * kSecond), [this, o] { deliver(o.to, o.path, o.datagram, true, true); });
  }
}

void World::schedule_segments() {
  for (std::size_t i = 1; i < scenario_->segments.size(); ++i) {
    heap.at(scenario_->segments[i].at, [this, i] {
      segment_ = i;
      checker.say(heap.now(), "the network changes");
    });
  }
}

int World::victim(const Incident& incident) const {
  for (int i = 0; i < 2; ++i) {
    const auto& host = *hosts[static_cast<std::size_t>(i)];
    const bool active = host.runs() && host.state() == core::State::kActive;
    if (incident.standby_only && active) return 1 - i;
    if (incident.active_only && active) return i;
  }
  return incident.standby_only ? -1 : incident.site;
}

void World::befall(Incident incident) {
  const int site = victim(incident);
  if (site < 0) return;
  Host& host = *hosts[static_cast<std::size_t>(site)];
  checker.say(heap.now(),
              "fault " + std::to_string(static_cast<int>(incident.fault)) + " at site " + std::to_string(site));
  const auto later = [this, &incident](auto what) { heap.after(incident.length, what); };
  switch (incident.fault) {
    case Fault::kStop:
      host.stop_sitecheck();
      later([&host] { host.continue_sitecheck(); });
      break;
    case Fault::kStateLost:
    case Fault::kCrash:
      host.crash_sitecheck();
      if (incident.fault == Fault::kStateLost) host.lose_state();
      later([&host] { host.start_sitecheck(); });
      break;
    case Fault::kDatabaseCrash:
      host.database.kill();
      later([&host] {
        if (host.up()) host.database.start();
      });
      break;
    case Fault::kDatabaseHang:
      host.database.hang();
      later([&host] {
        host.database.wake();
        if (host.up()) host.database.start();  // if it was killed meanwhile
      });
      break;
    case Fault::kDiskFull:
      host.database.set_disk_full(true);
      later([&host] { host.database.set_disk_full(false); });
      break;
    case Fault::kHostCrash:
      host.crash();
      later([&host] { host.start(); });
      break;
    case Fault::kHostFreeze:
      host.freeze();
      later([&host] { host.thaw(); });
      break;
    case Fault::kWrongKey:
      host.set_wrong_key(true);
      later([&host] { host.set_wrong_key(false); });
      break;
    case Fault::kOtherConfig:
      host.crash_sitecheck();
      host.use_config(true);
      host.start_sitecheck();
      later([&host] {
        host.crash_sitecheck();
        host.use_config(false);
        host.start_sitecheck();
      });
      break;
    case Fault::kReplay: replay(site); break;
    case Fault::kDnsdCrash:
      for (auto& dnsd : dnsds) dnsd->crash(incident.length);
      break;
    case Fault::kSetOffline:
      host.command(core::Operation::kSetOffline);
      later([&host] { host.command(core::Operation::kSetOnline); });
      break;
  }
}

// The quiet tail: whatever is still broken is put right; a person looks after what is QUARANTINED.
void World::tidy_up() {
  for (auto& host : hosts) {
    host->thaw();
    host->set_wrong_key(false);
    host->database.set_disk_full(false);
    host->database.wake();
    host->start();
    host->database.start();
    if (host->runs()) host->command(core::Operation::kSetOnline);
    host->continue_sitecheck();
    host->start_sitecheck();
  }
  heap.after(3 * kSecond, [this] {
    if (scenario_->seed % 2 == 0) return;
    for (auto& host : hosts) {
      if (host->runs() && host->state() == core::State::kQuarantined) {
        host->command(core::Operation::kRecoverAcceptErrant);
      }
    }
  });
}

void World::run() {
  if (options_.trace) std::fputs(describe(*scenario_).c_str(), stdout);
  schedule_segments();
  for (const auto& incident : scenario_->incidents) {
    heap.at(incident.at, [this, incident] { befall(incident); });
  }
  heap.at(scenario_->quiet_at + 6 * kSecond, [this] {
    if (!scenario_->standby_losses) tidy_up();
  });
  if (!scenario_->fresh) {
    core::Record record;
    record.max_epoch = ecv::Epoch::make(7, 1);
    for (int i = 0; i < 2; ++i) {
      record.own_epoch = i == 0 ? ecv::Epoch::make(7, 1) : ecv::Epoch::make(6, 2);
      hosts[static_cast<std::size_t>(i)]->seed_state(record);
      hosts[static_cast<std::size_t>(i)]->database.row = record.max_epoch;
    }
  }
  for (auto& host : hosts) host->begin();
  for (auto& dnsd : dnsds) dnsd->begin();
  heap.run_until(scenario_->end);
  if (!checker.failed()) check_end();
  for (auto& host : hosts) host->crash_sitecheck();  // its counters
}

// I15 after the quiet tail, I17 for losses of the standby only.
void World::check_end() {
  const Time now = heap.now();
  int active = 0;
  bool excused = false;
  int writer = 0;
  std::string states;
  for (int i = 0; i < 2; ++i) {
    Host& host = *hosts[static_cast<std::size_t>(i)];
    if (!host.runs()) {
      states += " down";
      continue;
    }
    const auto view = host.view();
    states += " " + std::string(core::name(view.state)) + "(" + view.reason + ")";
    if (view.state == core::State::kActive && host.database.writable()) {
      ++active;
      writer = i;
    }
    if (view.state == core::State::kQuarantined) excused = true;
    for (const auto& alarm : view.alarms) excused = excused || alarm.starts_with("both sites hold");
    if (scenario_->standby_losses && (view.fences > 0 || host.fences_ > 0)) {
      checker.broken_always(now, "I17", "site " + std::to_string(i) + " fenced though only standbys were lost");
    }
  }
  if (active == 2) return checker.broken_always(now, "I15", "two writers at the end:" + states);
  if (active == 0 && !excused) return checker.broken_always(now, "I15", "no writer at the end:" + states);
  if (active == 0) {
    ++checker.coverage.world["end without writer, excused"];
    return;
  }
  ++checker.coverage.world["end with one writer"];
  for (const auto& dnsd : dnsds) {
    if (dnsd->answers() == writer) continue;
    checker.broken_always(now, "I15", "a dnsd does not answer the sole writer");
  }
}

}  // namespace sim
