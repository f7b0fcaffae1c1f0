#include "ecv/timing.h"

#include <cmath>

namespace ecv {

namespace {

using base::Duration;
using base::milliseconds;

std::string ms(Duration d) { return std::to_string(base::to_ms(d)) + " ms"; }

Duration stretched(Duration d, double drift) {
  return Duration(static_cast<Duration::rep>(std::ceil(static_cast<double>(d.count()) / (1.0 - drift))));
}

}  // namespace

std::optional<Timing> preset(std::string_view name) {
  if (name == "lan") {
    return Timing{milliseconds(250),  milliseconds(250),  3,    milliseconds(2000), milliseconds(50), milliseconds(600),
                  milliseconds(3300), milliseconds(2800), 0.01, milliseconds(250)};
  }
  if (name == "fast") {
    return Timing{milliseconds(100),  milliseconds(100),  3,    milliseconds(800), milliseconds(20), milliseconds(300),
                  milliseconds(1450), milliseconds(1200), 0.01, milliseconds(100)};
  }
  if (name == "wan") {
    return Timing{
        milliseconds(1000),  milliseconds(1000),  4,    milliseconds(8000), milliseconds(100), milliseconds(3000),
        milliseconds(15000), milliseconds(12000), 0.01, milliseconds(2000)};
  }
  return std::nullopt;
}

Duration least_promote_wait(const Timing& t) {
  return stretched(stretched(t.lease, t.drift) + t.window() + t.guard_tick + t.fence_bound, t.drift);
}

Duration least_lease(const Timing& t) { return 2 * t.window() + 3 * t.interval + t.timeout; }

Duration least_grant_wait(const Timing& t) {
  return stretched(stretched(t.lease, t.drift) + t.guard_tick + t.fence_bound, t.drift);
}

std::vector<std::string> faults_for_checkpoints(const Timing& t) {
  std::vector<std::string> out;
  if (t.timeout > t.interval) {
    out.push_back("timeout " + ms(t.timeout) + " is longer than interval " + ms(t.interval));
  }
  if (t.lease < least_lease(t)) {
    out.push_back("lease " + ms(t.lease) + " is below 2W + 3I + T_o = " + ms(least_lease(t)) +
                  ": losing the standby would fence the writer");
  }
  if (t.promote_wait < least_promote_wait(t)) {
    out.push_back("promote_wait " + ms(t.promote_wait) + " is below (L/(1-rho) + R + G + F)/(1-rho) = " +
                  ms(least_promote_wait(t)) + ": a standby could promote while the old writer may still write");
  }
  return out;
}

}  // namespace ecv
