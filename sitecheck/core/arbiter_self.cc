#include "sitecheck/core/arbiter_self.h"

namespace core {

std::optional<std::string> ArbiterSelf::refuse(const Peer& /*p*/, const ecv::Datagram& /*d*/) {
  return "this pool has one site";
}

void ArbiterSelf::act() {
  if (!holds() || !permit().until() || !reachable()) return;
  const auto left = *permit().until() - now();
  if (left >= timing().lease - timing().interval / 2 || !permit().extend(now() + timing().lease)) return;
  renewed(Counter::kRenewedBySelf);
}

void ArbiterSelf::act_standby() {
  if (eligible() && reachable()) begin_promotion(Cause::kSelf, now());
}

void ArbiterSelf::resume(const LoadedPool::Permit& p, bool active) {
  if (active) permit().extend(p.deadline);
}

ArbiterView ArbiterSelf::view(base::Instant /*now*/) const {
  ArbiterView v;
  v.kind = "self";
  if (permit().until()) v.source = "self";
  return v;
}

}  // namespace core
