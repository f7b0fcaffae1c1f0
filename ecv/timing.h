// The times of the protocol and the inequalities between them (protocol.md section 4). Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace ecv {

struct Timing {
  base::Duration interval;      // I: between probes, datagrams and steps
  base::Duration timeout;       // T_o: of one probe; at most `interval`
  int fall;                     // failed polls in a row that fail a node
  base::Duration lease;         // L: what one grant or credited checkpoint round is worth, from the send
  base::Duration guard_tick;    // G: how often the guard looks at its deadline
  base::Duration fence_bound;   // F: from the start of a fence to its confirmation, soft and hard together
  base::Duration promote_wait;  // T_promote (mode A)
  base::Duration grant_wait;    // T_grant (mode B)
  double drift;                 // rho: clock-rate error, 0.01 is 1%
  base::Duration poll;          // the longest that dnsd waits between two reports
  base::Duration etcd_ttl{};    // mode C: of the etcd lease, whole seconds, at least 2; `lease` is then L_hold

  // W: the window in which the peer must have been silent for a checkpoint round to count; also R, one round.
  [[nodiscard]] base::Duration window() const { return interval + timeout; }
  bool operator==(const Timing&) const = default;
};

// "lan" (the default), "fast" or "wan"; nothing for any other name.
[[nodiscard]] std::optional<Timing> preset(std::string_view name);

// The least T_promote that mode A allows: (L/(1-rho) + R + G + F) / (1-rho).
[[nodiscard]] base::Duration least_promote_wait(const Timing& t);
// The least lease that mode A allows: 2W + 3I + T_o.
[[nodiscard]] base::Duration least_lease(const Timing& t);
// The least lease that modes B and C allow, so that two lost renewals in a row do not fence the writer: 3I + T_o.
[[nodiscard]] base::Duration least_held(const Timing& t);
// The least T_grant that mode B allows: (L/(1-rho) + G + F) / (1-rho).
[[nodiscard]] base::Duration least_grant_wait(const Timing& t);

// The longest lease (L_hold) that mode C allows: (TTL(1-rho) - G - F)(1-rho).
[[nodiscard]] base::Duration most_etcd_hold(const Timing& t);
// The preset's times for mode C: the TTL of the etcd lease that suits them, and `lease` = L_hold.
[[nodiscard]] Timing for_etcd(Timing t);

// What is wrong with these times in mode A, one sentence with its numbers each; empty if they are safe.
[[nodiscard]] std::vector<std::string> faults_for_checkpoints(const Timing& t);
// In mode B, and in mode C, likewise.
[[nodiscard]] std::vector<std::string> faults_for_witness(const Timing& t);
[[nodiscard]] std::vector<std::string> faults_for_etcd(const Timing& t);

}  // namespace ecv
