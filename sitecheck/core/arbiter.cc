#include "sitecheck/core/arbiter.h"

#include <algorithm>

#include "sitecheck/core/arbiter_checkpoints.h"
#include "sitecheck/core/arbiter_etcd.h"
#include "sitecheck/core/arbiter_self.h"
#include "sitecheck/core/arbiter_witness.h"

namespace core {

bool Arbiter::held_back_by_silence() {
  const Peer* silent = nullptr;
  for (const auto& p : peers().all()) {
    if (p.witness() || peers().fresh(p, now())) continue;
    // By its own last word; if there was none since we began, by the highest epoch.
    const bool owner = max_seen().counter() > 0 && max_seen().site_id() == p.id;
    if (p.link.said() ? p.said_it_may_write() : owner) silent = &p;
  }
  if (silent == nullptr || site().promote_on_silence) {
    clear_alarm("silence");
    return false;
  }
  if (!alarmed("silence")) count(Counter::kHoldInhibit);
  raise_alarm("silence", silent->name +
                             " was the writer and is silent; on_silence: hold, a person decides with promote "
                             "--force");
  return true;
}

base::Duration Arbiter::retry() const {
  // The votes, or the key, that were given back may not have arrived everywhere; nobody else stands now.
  if (peers().handed_to(site().site, now())) return timing().interval;
  const auto& all = peers().all();
  const auto before =
      std::count_if(all.begin(), all.end(), [this](const Peer& p) { return !p.witness() && p.id < site().id; });
  return (2 + 2 * before) * timing().interval;
}

bool Arbiter::another_is_fit(const Peer* target) const {
  const auto fit = [this](const Peer& p) {
    return peers().fresh(p, now()) && p.link.said()->state == ecv::PoolState::kStandby && p.link.said()->eligible;
  };
  const auto& all = peers().all();
  return target != nullptr ? fit(*target) : std::any_of(all.begin(), all.end(), fit);
}

void Arbiter::stand_back(const Peer* target, std::string what) {
  set_released();
  count(Counter::kReleased);
  journal("pool.release", std::move(what), {{"to", target == nullptr ? std::string("any") : target->name}});
}

std::unique_ptr<Arbiter> make_arbiter(Seat& seat, const SiteConfig& site) {
  if (site.arbiter == ArbiterKind::kEtcd) return std::make_unique<ArbiterEtcd>(seat);
  if (site.peers.empty() && site.witnesses.empty()) return std::make_unique<ArbiterSelf>(seat);
  if (site.arbiter == ArbiterKind::kWitness) return std::make_unique<ArbiterWitness>(seat);
  return std::make_unique<ArbiterCheckpoints>(seat);
}

}  // namespace core
