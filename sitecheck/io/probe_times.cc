#include "sitecheck/io/probe_times.h"

#include <algorithm>
#include <cmath>

namespace sitecheck {

double ProbeTimes::bound(std::size_t bucket) { return kFirst * std::pow(2.0, static_cast<double>(bucket) / 2); }

void ProbeTimes::add(base::Duration took) {
  static const auto kBounds = [] {
    std::array<double, kBuckets> out{};
    for (std::size_t i = 0; i < kBuckets; ++i) out[i] = bound(i);
    return out;
  }();
  const auto seconds = std::chrono::duration<double>(took).count();
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end() - 1, seconds);
  ++counts_[static_cast<std::size_t>(at - kBounds.begin())];
}

}  // namespace sitecheck
