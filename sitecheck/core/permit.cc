#include "sitecheck/core/permit.h"

#include <algorithm>

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
  granted_until_ = std::max(granted_until_.value_or(until), until);
  return extend(until);
}

bool Permit::self_grant(base::Instant now) { return extend(now + lease_); }

void Permit::round_ok(base::Instant begun_at, std::optional<base::Instant> spoke_at, base::Instant now) {
  // Protocol.md rule 3: nothing heard in (x-W, x+W). What was heard after x-W is known here, the rest by
  // cancel_rounds(). A peer that speaks but cannot hear gets no substitute.
  const bool spoke = spoke_at && *spoke_at > begun_at - window_;
  if (spoke && !mutant(Mutation::kCreditWhileSpeaking)) return;
  if (mutant(Mutation::kCreditWhileSpeaking) || mutant(Mutation::kCreditAtOnce)) {
    rounds_.push_back({begun_at, now});
    return;
  }
  rounds_.push_back({begun_at, now + window_});
}

std::size_t Permit::cancel_rounds() {
  if (mutant(Mutation::kCreditWhileSpeaking)) return 0;
  const auto count = rounds_.size();
  rounds_.clear();
  return count;
}

bool Permit::credit(base::Instant now) {
  bool grew = false;
  const std::size_t followed = mutant(Mutation::kCreditWhileSpeaking) || mutant(Mutation::kCreditAtOnce) ? 0 : 1;
  while (rounds_.size() > followed && rounds_.front().credit_at <= now) {
    const auto until = rounds_.front().begun_at + lease_;
    if (until > now) grew = extend(until) || grew;
    rounds_.erase(rounds_.begin());
  }
  return grew;
}

std::optional<base::Instant> Permit::next_credit() const {
  if (rounds_.size() < 2) return std::nullopt;
  return rounds_.front().credit_at;
}

void Permit::clear() {
  until_.reset();
  granted_until_.reset();
  rounds_.clear();
}

}  // namespace core
