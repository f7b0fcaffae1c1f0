// How long good probes took, in buckets a factor of the square root of two apart: for the quantiles of /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace sitecheck {

class ProbeTimes {
 public:
  static constexpr std::size_t kBuckets = 30;
  static constexpr double kFirst = 0.0001;  // seconds: the bound of the first bucket; that of the last is 2.3 s

  void add(base::Duration took);
  // Upper bound of a bucket in seconds. The last holds whatever took longer too.
  [[nodiscard]] static double bound(std::size_t bucket);
  [[nodiscard]] const std::array<std::uint64_t, kBuckets>& counts() const { return counts_; }

 private:
  std::array<std::uint64_t, kBuckets> counts_{};
};

}  // namespace sitecheck
