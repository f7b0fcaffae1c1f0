// What befalls whom, and the quiet tail.
#include <algorithm>

#include "tests/sim/dnsd_model.h"
#include "tests/sim/etcd_model.h"
#include "tests/sim/witness_model.h"
#include "tests/sim/world.h"

namespace sim {

int World::victim(const Incident& incident) const {
  for (const auto& host : hosts) {
    if (!host->runs() || host->state() != core::State::kActive) continue;
    if (incident.active_only) return host->id();
    if (incident.standby_only)
      return (host->id() + 1 + incident.site) % scenario_->sites == host->id()
                 ? (host->id() + 1) % scenario_->sites
                 : (host->id() + 1 + incident.site) % scenario_->sites;
  }
  return incident.standby_only ? -1 : incident.site % scenario_->sites;
}

void World::befall(const Incident& incident) {
  if (checker.tracing()) {
    checker.say(heap.now(),
                "FAULT " + std::string(name(incident.fault)) + " for " + std::to_string(incident.length / kMs) + " ms");
  }
  switch (incident.fault) {
    case Fault::kDnsdCrash:
      for (auto& dnsd : dnsds) dnsd->crash(incident.length);
      return;
    case Fault::kWitnessCrash:
    case Fault::kWitnessStop: {
      if (witnesses.empty()) return;
      auto& witness = *witnesses[static_cast<std::size_t>(incident.site) % witnesses.size()];
      if (incident.fault == Fault::kWitnessCrash) {
        witness.crash(incident.length);
      } else {
        witness.stop(incident.length);
      }
      return;
    }
    case Fault::kEtcdDown:
    case Fault::kEtcdRebuilt:
      if (etcd) etcd->go_down(incident.length, incident.fault == Fault::kEtcdRebuilt);
      return;
    case Fault::kEtcdRevoked:
      if (etcd) etcd->revoke();
      return;
    default: break;
  }
  const int site = victim(incident);
  if (site < 0) return;
  Host& host = *hosts[static_cast<std::size_t>(site)];
  if (checker.tracing()) checker.say(heap.now(), "  it befalls " + site_name(site));
  befall_process(incident, host);
  befall_host(incident, host);
  order(incident, host);
}

void World::befall_process(const Incident& incident, Host& host) {
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
    case Fault::kReplay: network.replay(host.id()); break;
    case Fault::kForge: network.forge(host.id()); break;
    case Fault::kGuardCrash:
    case Fault::kGuardStop:
      host.guard_away(incident.fault == Fault::kGuardStop);
      later([&host] { host.guard_back(); });
      break;
    default: break;
  }
}

void World::befall_host(const Incident& incident, Host& host) {
  const auto later = [this, &incident](auto what) { heap.after(incident.length, what); };
  switch (incident.fault) {
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
    case Fault::kOpened:
      if (host.state() == core::State::kStandby && host.database.answers()) host.database.set_read_only(false);
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
    default: break;
  }
}

void World::order(const Incident& incident, Host& host) {
  switch (incident.fault) {
    case Fault::kSetOffline:
      host.command(core::Operation::kSetOffline);
      heap.after(incident.length, [&host] { host.command(core::Operation::kSetOnline); });
      break;
    case Fault::kSwitchover: switch_over(incident.site % scenario_->sites); break;
    case Fault::kSwitchoverLoss:
      switch_over(incident.site % scenario_->sites);
      heap.after(incident.length, [this, target = incident.site % scenario_->sites] {
        hosts[static_cast<std::size_t>(target)]->crash_sitecheck();
      });
      heap.after(incident.length + scenario_->rival_wait(), [this, target = incident.site % scenario_->sites] {
        hosts[static_cast<std::size_t>(target)]->start_sitecheck();
      });
      break;
    case Fault::kAbort:
      for (auto& one : hosts) one->command(core::Operation::kAbortSwitchover);
      break;
    case Fault::kForce:
      if (force_is_safe(host.id())) host.command(core::Operation::kPromoteForce);
      break;
    default: break;
  }
}

// Ordered at the site that writes; if the target writes already, the other way.
void World::switch_over(int to) {
  for (auto& host : hosts) {
    if (!host->listens() || host->state() != core::State::kActive) continue;
    const int target = host->id() == to ? (to + 1) % scenario_->sites : to;
    if (scenario_->theme == Theme::kSwitchovers) {
      heap.after(8 * kSecond + scenario_->rival_wait(), [this, target] {
        const auto& chosen = *hosts[static_cast<std::size_t>(target)];
        if (chosen.state() == core::State::kActive) return;
        checker.broken_always(heap.now(), "I14",
                              "a switchover in calm did not make " + site_name(target) + " the writer");
        heap.stop();
      });
    }
    return host->command(core::Operation::kSwitchover, site_name(target));
  }
}

// A person who looked: every other site is switched off.
bool World::force_is_safe(int site) const {
  return std::all_of(hosts.begin(), hosts.end(),
                     [site](const auto& host) { return host->id() == site || !host->up(); });
}

// The quiet tail: whatever is still broken is put right; a person looks after what is QUARANTINED, and after a node
// that is offline still, for its site was down when it was to come back.
void World::tidy_up() {
  for (auto& host : hosts) {
    host->thaw();
    host->set_wrong_key(false);
    host->database.set_disk_full(false);
    host->database.wake();
    host->start();
    host->database.start();
    host->guard_back();
    if (host->runs()) host->command(core::Operation::kSetOnline);
    host->continue_sitecheck();
    host->start_sitecheck();
  }
  heap.after((scenario_->brief ? 3 : 12) * scenario_->interval(), [this] {
    for (auto& host : hosts) {
      if (!host->runs()) continue;
      if (host->state() == core::State::kMaint) host->command(core::Operation::kSetOnline);
      if (host->state() == core::State::kQuarantined && scenario_->seed % 2 == 1) {
        host->command(core::Operation::kRecoverAcceptErrant);
      }
    }
  });
}

}  // namespace sim
