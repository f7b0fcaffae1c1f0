#include "sitecheck/io/probe_times.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>

namespace sitecheck {

// In two digits, as it names a series of its own.
double ProbeTimes::bound(std::size_t bucket) {
  char text[16] = {};
  std::snprintf(text, sizeof text, "%.1e", kFirst * std::pow(2.0, static_cast<double>(bucket) / 2));
  return std::strtod(text, nullptr);
}

void ProbeTimes::add(base::Duration took) {
  static const auto kBounds = [] {
    std::array<double, kBuckets> out{};
    for (std::size_t i = 0; i < kBuckets; ++i) out[i] = bound(i);
    return out;
  }();
  const auto seconds = std::chrono::duration<double>(took).count();
  const auto at = std::lower_bound(kBounds.begin(), kBounds.end() - 1, seconds);
  sum_ += took;
  ++counts_[static_cast<std::size_t>(at - kBounds.begin())];
}

}  // namespace sitecheck
