// What the decision is made of: the wide-IP, what its members' sites said, and what was answered before. Values only.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "ecv/report.h"

namespace decide {

struct MemberId {
  std::string site;
  std::string pool;
  auto operator<=>(const MemberId&) const = default;
};

struct Member {
  MemberId id;
  std::vector<base::IpAddress> addresses;  // A and AAAA; a family without one is answered with NODATA
};

enum class MethodKind : std::uint8_t { kActiveWriter };

enum class Then : std::uint8_t { kServfail, kNodata, kRefuse, kFallback };

// What is answered while no member is up (spec.md section 5).
struct NonePolicy {
  base::Duration hold{};  // how long the last accepted answer is kept; zero: not at all
  Then then = Then::kServfail;
  std::vector<base::IpAddress> fallback;  // for kFallback
};

// How long is long, derived from the poll interval.
struct Pace {
  base::Duration late_after{};    // a claim not renewed for this long is answered with min_ttl
  base::Duration silent_after{};  // a member not heard for this long counts as SILENT
  base::Duration calm_after{};    // the time without trouble after which the full TTL returns
  // late: two polls and half a one for the way; silent: four polls, at least 1 s; calm: eight polls, at least 2 s.
  [[nodiscard]] static Pace of(base::Duration poll);
};

struct WideIp {
  std::string name;  // for texts
  MethodKind method = MethodKind::kActiveWriter;
  std::uint32_t ttl_s = 5;
  std::uint32_t min_ttl_s = 1;
  NonePolicy on_none;
  base::Duration hold_down{};  // least time between two changes of the answer; zero: none
  std::vector<Member> members;
  Pace pace = Pace::of(base::milliseconds(250));
};

// What a member's site last said of its pool. The caller vouches that the report was signed with a known key, carried
// the nonce of our own request, named this site and pool, and was newer than the one before it.
struct Claim {
  base::Instant asked;  // when the request was sent: the lease is aged from here (protocol.md section 3, dnsd)
  base::Instant heard;  // when its answer came
  ecv::PoolState state = ecv::PoolState::kInit;
  ecv::Epoch epoch;
  base::Duration lease{};  // left when the answer was made
  bool revisions = false;  // mode C: the counter is a revision of an etcd
  [[nodiscard]] base::Instant lease_end() const { return asked + lease; }
  [[nodiscard]] bool operator==(const Claim&) const = default;
};

// All that is known of one member, in the order of WideIp::members.
struct Observation {
  std::optional<Claim> claim;  // nothing: never heard since the start
  bool failing = false;        // the latest poll of every path failed
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

// Memory of one wide-IP. The rest begins empty at each start: a hold that a restart interrupts starts anew, for the
// time of the interruption cannot be known without a wall clock, and wall clocks decide nothing.
struct Memory {
  Durable durable;
  std::optional<base::Instant> held_since;   // the last accepted answer lost its claim
  std::optional<base::Instant> flipped_at;   // last change from one answer to another
  std::optional<base::Instant> troubled_at;  // last time the accepted claim was late or failing
  bool operator==(const Memory&) const = default;
};

// `dnsd forget-epoch`: for a pair that was rebuilt and counts from 1 again. The held answer stays.
[[nodiscard]] Memory forget_epoch(Memory memory);

}  // namespace decide
