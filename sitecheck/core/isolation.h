// Whether the site is cut off, as the checkpoints tell: STATUS of a pool (protocol.md section 3).
#pragma once

#include <optional>

#include "base/time.h"
#include "ecv/report.h"
#include "sitecheck/core/checkpoints.h"
#include "sitecheck/core/config.h"

namespace core {

class Isolation {
 public:
  enum class Turn : std::uint8_t { kNone, kFailed, kCleared };

  // FAIL: the quorum is lost and no arbiter's grant is `held`, for as long as a lease lasts: one lost round is no
  // verdict. It clears after checkpoints_clear_after of good rounds, unless checkpoints_latch leaves it to a person.
  Turn update(const Checkpoints& checkpoints, const SiteConfig& site, bool held, base::Instant now);
  // `recover`: false if the quorum is still lost.
  bool clear(const Checkpoints& checkpoints);

  [[nodiscard]] ecv::PoolStatus status() const {
    return failed_ ? ecv::PoolStatus::kFail : lost_since_ ? ecv::PoolStatus::kWarn : ecv::PoolStatus::kOk;
  }
  [[nodiscard]] bool failed() const { return failed_; }
  // The quorum is lost, or its return is waited for: rounds are to follow each other at the interval.
  [[nodiscard]] bool wants_rounds() const { return failed_ || lost_since_; }

 private:
  bool failed_ = false;  // FAIL, until cleared
  std::optional<base::Instant> lost_since_;
};

}  // namespace core
