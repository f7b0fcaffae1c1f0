// How many queries a second, and what was answered: sampled from the counters, once a second, for the status page.
// Reads no clock. On the control loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "zones/snapshot/counters.h"

namespace control {

class QueryLoad {
 public:
  static constexpr std::size_t kMostSamples = 120;

  struct Sample {
    double queries = 0;                                    // a second
    double dropped = 0;                                    // a second, without an answer
    std::vector<std::pair<std::string, double>> rcodes{};  // responses a second; those that were given
  };

  // The counters as of `now`. The first call gives no sample yet, nor does one within a tenth of a second of another.
  void take(const snapshot::Summed& sum, base::Instant now);
  // Oldest first; about a second apart.
  [[nodiscard]] const std::deque<Sample>& samples() const { return samples_; }

 private:
  struct Before {
    snapshot::Summed sum;
    base::Instant at;
  };
  std::optional<Before> before_;
  std::deque<Sample> samples_;
};

}  // namespace control
