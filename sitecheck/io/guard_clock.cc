#include "sitecheck/io/guard_clock.h"

#include <algorithm>

namespace sitecheck {

namespace {

constexpr std::size_t kKept = 64;
constexpr auto kFreshAfter = base::milliseconds(20);

}  // namespace

std::optional<GuardOrder> GuardClock::take(const OrderDatagram& order) {
  const auto given = std::find_if(given_.begin(), given_.end(), [&](const Given& g) { return g.nonce == order.nonce; });
  if (order.nonce == 0 || given == given_.end()) return std::nullopt;
  if (order.boot == boot_ && order.seq <= seq_) return std::nullopt;
  const auto sent = given->at;
  if (order.boot != boot_) {
    // A process that restarted. What its predecessor still has under way names older nonces, which end here.
    given_.erase(given_.begin(), given);
    boot_ = order.boot;
  }
  seq_ = order.seq;
  GuardOrder out;
  out.seq = order.seq;
  out.epoch = order.epoch;
  out.wish = order.wish;
  if (order.left > base::Duration::zero()) out.deadline = sent + order.left;
  return out;
}

std::uint64_t GuardClock::nonce(base::Instant now, std::uint64_t fresh) {
  if (!given_.empty() && now - given_.back().at < kFreshAfter) return given_.back().nonce;
  given_.push_back({fresh, now});
  if (given_.size() > kKept) given_.pop_front();
  return fresh;
}

}  // namespace sitecheck
