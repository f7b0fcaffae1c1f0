#include "sitecheck/core/heartbeat.h"

#include <algorithm>

namespace core {

namespace {

// Without a new beat for so many of its intervals, and at least so long, the writer has stopped beating.
constexpr int kMissed = 3;
constexpr base::Duration kPatience = base::seconds(3);

}  // namespace

void Heartbeats::note(const Beat& row, base::Instant now) {
  if (newest_ && row.epoch < newest_->epoch) return;
  const bool other = !newest_ || row.epoch != newest_->epoch || row.at < newest_->at;
  if (other) {
    first_ = row;
    advanced_ = false;
  } else if (row.at > newest_->at) {
    advanced_ = true;
  }
  if (other || row.at != newest_->at) {
    newest_ = row;
    seen_at_ = now;
  }
  polled_at_ = now;
}

std::optional<base::Duration> Heartbeats::behind(const Beat& row) const {
  if (!newest_ || !advanced_ || row.epoch > newest_->epoch) return std::nullopt;
  const auto quiet = polled_at_ - seen_at_;
  if (quiet > std::max<base::Duration>(kMissed * newest_->every, kPatience)) return std::nullopt;
  const auto writer_now = newest_->at + quiet;
  if (row.epoch < newest_->epoch) return writer_now - first_.at;  // it has none of this writer's beats
  if (row.at >= newest_->at) return base::Duration::zero();
  return std::max(base::Duration::zero(), writer_now - row.at - row.every);
}

}  // namespace core
