// The guard's half of the exchange with a sitecheck on another host, pure: which nonces it gave out and when, which
// orders count, and what deadline on its own clock they mean (guard_datagram.h says why that is never too late).
// Owned by one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.h"
#include "sitecheck/io/guard_datagram.h"

namespace sitecheck {

class GuardClock {
 public:
  // What an order means here. Nothing: it only asks for a report, or it is old, repeated or answers no report of ours.
  [[nodiscard]] std::optional<GuardOrder> take(const OrderDatagram& order);
  // The nonce of a report that is sent at `now`: a fresh one if `fresh` (a random number) is not needed too often,
  // else the newest: who replays orders must not push out the nonces that are under way.
  [[nodiscard]] std::uint64_t nonce(base::Instant now, std::uint64_t fresh);
  // Of the process whose orders count; 0: none yet.
  [[nodiscard]] std::uint64_t boot() const { return boot_; }
  [[nodiscard]] std::uint64_t taken() const { return seq_; }

 private:
  struct Given {
    std::uint64_t nonce = 0;
    base::Instant at;
  };
  std::deque<Given> given_;  // newest last
  std::uint64_t boot_ = 0;
  std::uint64_t seq_ = 0;
};

}  // namespace sitecheck
