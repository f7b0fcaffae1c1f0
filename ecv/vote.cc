#include "ecv/vote.h"

#include <algorithm>

namespace ecv {

Vote::Vote(base::Instant booted_at) : booted_at_(booted_at), until_(booted_at) {}

void Vote::resume(std::string_view site, base::Duration grant_wait, base::Instant now) {
  booted_at_.reset();
  holder_ = site;
  until_ = now + grant_wait;
}

Vote::Verdict Vote::ask(std::string_view site, base::Duration grant_wait, base::Instant now) {
  if (booted_at_ && now - *booted_at_ < grant_wait) return Verdict::kMoratorium;
  if (now < until_ && holder_ != site) return Verdict::kHeld;
  until_ = holder_ == site ? std::max(until_, now + grant_wait) : now + grant_wait;
  holder_ = site;
  return Verdict::kGranted;
}

void Vote::release(std::string_view site) {
  if (holder_ != site || holder_.empty()) return;
  holder_.clear();
  until_ = base::Instant::min();
}

std::string_view Vote::holder(base::Instant now) const {
  return now < until_ ? std::string_view(holder_) : std::string_view();
}

}  // namespace ecv
