// How long good probes took, in buckets a factor of the square root of two apart: for the histogram in /metrics.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/time.h"

namespace sitecheck {

class ProbeTimes {
 public:
  static constexpr std::size_t kBuckets = 30;
  static constexpr double kFirst = 0.0001;  // seconds: the bound of the first bucket

  void add(base::Duration took);
  // Upper bound of a bucket in seconds, up to 1.6; the last has none: it holds whatever took longer.
  [[nodiscard]] static double bound(std::size_t bucket);
  [[nodiscard]] const std::array<std::uint64_t, kBuckets>& counts() const { return counts_; }
  // Of all of them together.
  [[nodiscard]] base::Duration sum() const { return sum_; }

 private:
  std::array<std::uint64_t, kBuckets> counts_{};
  base::Duration sum_{};
};

}  // namespace sitecheck
