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
                  milliseconds(3300), milliseconds(2800), 0.01, milliseconds(250),  base::seconds(3)};
  }
  if (name == "fast") {
    return Timing{milliseconds(100),  milliseconds(100),  3,    milliseconds(800), milliseconds(20), milliseconds(300),
                  milliseconds(1450), milliseconds(1200), 0.01, milliseconds(100), base::seconds(2)};
  }
  if (name == "wan") {
    return Timing{
        milliseconds(1000),  milliseconds(1000),  4,    milliseconds(8000), milliseconds(100), milliseconds(3000),
        milliseconds(15000), milliseconds(12000), 0.01, milliseconds(2000), base::seconds(12)};
  }
  return std::nullopt;
}

Duration least_promote_wait(const Timing& t) {
  return stretched(stretched(t.lease, t.drift) + t.window() + t.guard_tick + t.fence_bound, t.drift);
}

Duration least_lease(const Timing& t) { return 2 * t.window() + 3 * t.interval + t.timeout; }

Duration least_held(const Timing& t) { return 3 * t.interval + t.timeout; }

Duration least_grant_wait(const Timing& t) {
  return stretched(stretched(t.lease, t.drift) + t.guard_tick + t.fence_bound, t.drift);
}

Duration most_etcd_hold(const Timing& t) {
  const auto kept = 1.0 - t.drift;
  const auto left =
      static_cast<double>(t.etcd_ttl.count()) * kept - static_cast<double>((t.guard_tick + t.fence_bound).count());
  return Duration(static_cast<Duration::rep>(std::floor(left * kept)));
}

Timing for_etcd(Timing t) {
  // A round number below the bound: what stands in a configuration is read by people.
  constexpr Duration kRound = milliseconds(50);
  t.lease = most_etcd_hold(t) / kRound * kRound;
  return t;
}

namespace {

std::vector<std::string> common_faults(const Timing& t) {
  std::vector<std::string> out;
  if (t.timeout > t.interval) {
    out.push_back("timeout " + ms(t.timeout) + " is longer than interval " + ms(t.interval));
  }
  return out;
}

}  // namespace

std::vector<std::string> faults_for_witness(const Timing& t) {
  auto out = common_faults(t);
  if (t.lease < least_held(t)) {
    out.push_back("lease " + ms(t.lease) + " is below 3I + T_o = " + ms(least_held(t)) +
                  ": two lost datagrams would fence the writer");
  }
  if (t.grant_wait < least_grant_wait(t)) {
    out.push_back("grant_wait " + ms(t.grant_wait) + " is below (L/(1-rho) + G + F)/(1-rho) = " +
                  ms(least_grant_wait(t)) + ": a voter could grant while the old writer may still write");
  }
  return out;
}

std::vector<std::string> faults_for_etcd(const Timing& t) {
  auto out = common_faults(t);
  if (t.etcd_ttl < base::seconds(2) || t.etcd_ttl % Duration(base::seconds(1)) != Duration::zero()) {
    out.push_back("etcd_ttl " + ms(t.etcd_ttl) + " is not a whole number of seconds, 2 or more: etcd would round it");
  }
  if (t.lease > most_etcd_hold(t)) {
    out.push_back("lease " + ms(t.lease) + " is above (TTL(1-rho) - G - F)(1-rho) = " + ms(most_etcd_hold(t)) +
                  ": etcd could give the writer away while it may still write");
  }
  if (t.lease < least_held(t)) {
    out.push_back("lease " + ms(t.lease) + " is below 3I + T_o = " + ms(least_held(t)) +
                  ": two lost keepalives would fence the writer");
  }
  return out;
}

std::vector<std::string> faults_for_checkpoints(const Timing& t) {
  auto out = common_faults(t);
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
