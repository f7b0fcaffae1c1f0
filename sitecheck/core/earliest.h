// The next moment at which time alone may change something.
#pragma once

#include <algorithm>
#include <optional>

#include "base/time.h"

namespace core {

class Earliest {
 public:
  Earliest(base::Instant now, base::Instant latest) : now_(now), at_(latest) {}

  // What is past has had its turn.
  void consider(std::optional<base::Instant> at) {
    if (at && *at > now_) at_ = std::min(at_, *at);
  }
  [[nodiscard]] base::Instant at() const { return at_; }

 private:
  base::Instant now_;
  base::Instant at_;
};

}  // namespace core
