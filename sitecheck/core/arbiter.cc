#include "sitecheck/core/arbiter.h"

#include "sitecheck/core/arbiter_checkpoints.h"
#include "sitecheck/core/arbiter_self.h"
#include "sitecheck/core/arbiter_witness.h"

namespace core {

std::unique_ptr<Arbiter> make_arbiter(Seat& seat, const SiteConfig& site) {
  if (site.peers.empty() && site.witnesses.empty()) return std::make_unique<ArbiterSelf>(seat);
  if (site.arbiter == ArbiterKind::kWitness) return std::make_unique<ArbiterWitness>(seat);
  return std::make_unique<ArbiterCheckpoints>(seat);
}

}  // namespace core
