#include "sitecheck/core/permit.h"

#include "sitecheck/core/mutation.h"

namespace core {

bool Permit::extend(base::Instant until) {
  if (until_ && *until_ >= until) return false;
  until_ = until;
  return true;
}

bool Permit::grant(base::Instant sent_at, base::Instant now) {
  // Protocol.md rule 1: the granter's promise runs from receipt, which is later than the send.
  const auto until = (mutant(Mutation::kLeaseFromReceipt) ? now : sent_at) + lease_;
  if (until <= now) return false;
  return extend(until);
}

}  // namespace core
