// The permit of one pool: until when this site may write (protocol.md section 1).
#pragma once

#include <optional>

#include "base/time.h"
#include "ecv/timing.h"

namespace core {

class Permit {
 public:
  explicit Permit(const ecv::Timing& timing) : lease_(timing.lease) {}

  [[nodiscard]] bool valid(base::Instant now) const { return until_ && now < *until_; }
  [[nodiscard]] std::optional<base::Instant> until() const { return until_; }

  // A grant (vote, keepalive) for the request sent at `sent_at`: the lease counts from the send (rule 1). True if the
  // permit grew.
  bool grant(base::Instant sent_at, base::Instant now);
  // Never shortens it. True if it grew.
  bool extend(base::Instant until);
  void clear() { until_.reset(); }

 private:
  base::Duration lease_;
  std::optional<base::Instant> until_;
};

}  // namespace core
