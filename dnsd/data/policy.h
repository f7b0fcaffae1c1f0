// What a reload may change in the data plane. Immutable once handed over; workers swap the whole (style: publish whole
// states).
#pragma once

#include <memory>
#include <vector>

#include "dnsd/data/cookie.h"
#include "dnsd/data/rate_limiter.h"

namespace data {

struct Policy {
  std::vector<CookieSecret> cookie_secrets;  // the first makes cookies, all are accepted; none: no cookies
  std::shared_ptr<RateLimiter> rates;        // shared by all workers; null: no limits
};

// When a batch of queries is answered. Read once for all of them, and only if one of them needs it.
struct Moment {
  base::Instant boot{};
  std::uint32_t unix_s = 0;  // low 32 bits of the seconds since 1970
};

}  // namespace data
