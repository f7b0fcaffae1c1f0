// What the decision is made of: the wide-IP, what its members' sites said, and what was answered before. Values only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "dnsd/decide/health.h"
#include "dnsd/decide/wideip.h"
#include "ecv/report.h"

namespace decide {

// What a member's site last said of its pool. The caller vouches that the report was signed with a known key, carried
// the nonce of our own request, named this site and pool, and was newer than the one before it.
struct Claim {
  base::Instant asked;  // when the request was sent: the lease is aged from here (protocol.md section 3, dnsd)
  base::Instant heard;  // when its answer came
  ecv::PoolState state = ecv::PoolState::kInit;
  ecv::Epoch epoch;
  base::Duration lease{};     // left when the answer was made
  bool revisions = false;     // mode C: the counter is a revision of an etcd
  std::uint32_t readers = 0;  // nodes that are STANDBY and well
  [[nodiscard]] base::Instant lease_end() const { return asked + lease; }
  [[nodiscard]] bool operator==(const Claim&) const = default;
};

// All that is known of one member, in the order of WideIp::members.
struct Observation {
  std::optional<Claim> claim;    // nothing: never heard since the start
  bool failing = false;          // the latest poll of every path failed
  std::vector<Health> health{};  // of a member with a monitor: one for each of its addresses; of a cname one
  // By order of an operator (override.h).
  bool drained = false;  // taken out
  bool pinned = false;   // the only one to be answered
  bool forced = false;   // pinned whatever is known of it
};

// The answer last accepted, and the epoch under which it was.
struct Answered {
  std::vector<MemberId> members;  // of active_writer: exactly one
  ecv::Epoch epoch;
  bool operator==(const Answered&) const = default;
};

// What must survive a restart. The caller writes it to disk before it publishes a decision that changed it.
struct Durable {
  ecv::Epoch highest;  // the highest epoch ever accepted for this pool; a lower counter is void
  std::optional<Answered> answered;
  bool operator==(const Durable&) const = default;
};

// A member that was up when an answer of it was accepted, by the families of its addresses.
struct Given {
  MemberId id;
  bool v4 = false;
  bool v6 = false;
  bool operator==(const Given&) const = default;
};

// Memory of one wide-IP. The rest begins empty at each start: a hold that a restart interrupts starts anew, for the
// time of the interruption cannot be known without a wall clock, and wall clocks decide nothing.
struct Memory {
  Durable durable;
  std::optional<base::Instant> held_since;   // the last accepted answer lost its claim
  std::optional<base::Instant> flipped_at;   // last change from one answer to another
  std::optional<base::Instant> troubled_at;  // last time the accepted claim was late or failing
  std::vector<Given> given{};                // not with active_writer: what the last accepted answer was made of
  bool operator==(const Memory&) const = default;
};

// `dnsd forget-epoch`: for a pair that was rebuilt and counts from 1 again. The held answer stays.
[[nodiscard]] Memory forget_epoch(Memory memory);

}  // namespace decide
