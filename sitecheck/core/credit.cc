#include "sitecheck/core/credit.h"

#include <algorithm>

#include "sitecheck/core/mutation.h"

namespace core {

void Credit::round_ok(base::Instant begun_at, std::optional<base::Instant> spoke_at, base::Instant now) {
  // Protocol.md rule 3: nothing heard in (x-W, x+W). What was heard after x-W is known here, the rest by cancel(). A
  // peer that speaks but cannot hear gets no substitute.
  const bool spoke = spoke_at && *spoke_at > begun_at - window_;
  if (spoke && !mutant(Mutation::kCreditWhileSpeaking)) return;
  if (mutant(Mutation::kCreditWhileSpeaking) || mutant(Mutation::kCreditAtOnce)) {
    rounds_.push_back({begun_at, now});
    return;
  }
  rounds_.push_back({begun_at, now + window_});
}

std::size_t Credit::cancel() {
  if (mutant(Mutation::kCreditWhileSpeaking)) return 0;
  const auto count = rounds_.size();
  rounds_.clear();
  return count;
}

std::optional<base::Instant> Credit::due(base::Instant now) {
  std::optional<base::Instant> out;
  const std::size_t followed = mutant(Mutation::kCreditWhileSpeaking) || mutant(Mutation::kCreditAtOnce) ? 0 : 1;
  while (rounds_.size() > followed && rounds_.front().credit_at <= now) {
    const auto until = rounds_.front().begun_at + lease_;
    if (until > now) out = std::max(out.value_or(until), until);
    rounds_.erase(rounds_.begin());
  }
  return out;
}

std::optional<base::Instant> Credit::next() const {
  if (rounds_.size() < 2) return std::nullopt;
  return rounds_.front().credit_at;
}

}  // namespace core
