// Random streams. Network, faults and clocks each have their own, so that a change in one does not reshuffle the rest.
#pragma once

#include <cstdint>

namespace sim {

class Random {
 public:
  Random(std::uint64_t seed, std::uint64_t stream) : state_(seed * 0x9E3779B97F4A7C15ULL ^ (stream << 32U) ^ stream) {
    for (int i = 0; i < 3; ++i) (void)next();
  }
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ULL);
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9ULL;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBULL;
    return z ^ (z >> 31U);
  }
  // In [0, n).
  std::uint64_t below(std::uint64_t n) { return next() % n; }
  // In [low, high].
  std::int64_t range(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low + 1)));
  }
  bool chance(double p) { return p > 0 && static_cast<double>(next() >> 11U) * 0x1.0p-53 < p; }
  double real(double low, double high) { return low + (high - low) * (static_cast<double>(next() >> 11U) * 0x1.0p-53); }

 private:
  std::uint64_t state_;
};

}  // namespace sim
