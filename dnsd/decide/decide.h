// From claims to an answer: a pure function. No clock, no I/O, no text; explain.h puts a decision into words.
//
// Rules (protocol.md section 3, "dnsd"): silence is never evidence; the answer flips only on a claim that is ACTIVE,
// has lease left after ageing from the request's send, and a counter at or above the highest accepted; of two live
// claims the higher counter wins; two with the same counter hold the last answer and raise an alarm; never two members.
#pragma once

#include <span>

#include "dnsd/decide/answers.h"
#include "dnsd/decide/types.h"

namespace decide {

// Four values, never two (spec.md section 5).
enum class Value : std::uint8_t { kUp, kDown, kSilent, kConflict };

// On what a value stands.
enum class Ground : std::uint8_t {
  kNeverHeard,  // SILENT: no accepted report since the start
  kUnheard,     // SILENT: none for silent_after
  kLeaseOver,   // SILENT: it said ACTIVE, but that lease has run out, or had none left
  kNotActive,   // DOWN: it says so
  kVoid,        // DOWN: says ACTIVE with a counter below the highest accepted, or without one
  kLeap,        // DOWN: says ACTIVE with a counter more than kEpochLeap ahead; alarm
  kOutranked,   // DOWN: says ACTIVE, another live claim has a higher counter
  kTwin,        // CONFLICT: another live claim has the same counter; alarm
  kLive,        // UP
  // Of the other methods.
  kReadable,     // UP: the site has a standby that is well
  kStandsIn,     // UP: no site has one; this one holds the writer
  kNoReaders,    // DOWN: the site has no standby that is well
  kProbed,       // UP: so its monitor says, of at least one address
  kFailed,       // DOWN: so its monitor says
  kUnprobed,     // SILENT: no address of it was probed yet
  kUnmonitored,  // UP: an alias that nothing looks at
  kDrained,      // DOWN: taken out by an operator
  kDisabled,     // DOWN: taken out by the configuration
  kUnpinned,     // DOWN: it holds the writer, but another member is pinned by an operator
};

// "An epoch further ahead than 2^20 is refused and alarmed" (protocol.md section 3).
inline constexpr std::uint64_t kEpochLeap = 1U << 20U;
// With an etcd as arbiter the counter follows its revisions, which others who write to that etcd drive: a year of
// 30,000 writes a second is less than this.
inline constexpr std::uint64_t kRevisionLeap = 1ULL << 40U;

struct Verdict {
  Value value = Value::kSilent;
  Ground ground = Ground::kNeverHeard;
  base::Duration lease_left{};  // of an ACTIVE claim, aged; negative once it is over
  // Not with active_writer: the families in which it has an address that is up.
  bool v4 = false;
  bool v6 = false;
};

enum class Outcome : std::uint8_t { kAnswer, kServfail, kNodata, kRefuse };

enum class Reason : std::uint8_t {
  kClaim,         // the one live claim
  kHighest,       // the higher counter of several live claims
  kHoldDown,      // another member is up, but the last flip is too recent
  kConflict,      // two claims with one counter: the last answer is held
  kConflictNone,  // the same, and there is no last answer: on_none.then
  kHeld,          // no member is up: the last answer is held
  kHoldOver,      // the hold has run out: on_none.then
  kNothingHeld,   // no member is up and there is no last answer (or it may not be held): on_none.then
  // Of the other methods, beside kHoldDown, kHeld, kHoldOver and kNothingHeld.
  kSelected,  // by the method, among the members that are up
  // By order of an operator.
  kPinned,  // not with active_writer: the member that is pinned, and up
  kForced,  // a member pinned by break-glass, though nothing says that it is up; alarm
  kBarred,  // active_writer: the one that holds the writer may not be answered: on_none.then; alarm
};

struct Decision {
  Outcome outcome = Outcome::kServfail;
  // For kAnswer; never those of two members of an active_writer. Of methods that choose at each query, all that some
  // client gets.
  std::vector<base::IpAddress> addresses;
  std::vector<std::string> cnames;  // of members that are aliases, likewise
  std::vector<MemberId> members;    // whose addresses they are; empty for a fallback address
  Answers answers;                  // what is chosen from; empty with active_writer, and for a fallback address
  std::uint32_t ttl_s = 1;
  bool stale = false;  // held: EDE 3 Stale Answer (RFC 8914 section 4.4)
  Reason reason = Reason::kNothingHeld;
  ecv::Epoch epoch;                     // under which the answer was accepted
  std::vector<Verdict> verdicts;        // in the order of WideIp::members
  Memory memory;                        // to be handed in next time
  bool persist = false;                 // memory.durable changed: write it before publishing
  bool flipped = false;                 // from one accepted answer to another
  std::optional<base::Instant> next;    // when to decide again if nothing is heard
  bool all = false;                     // no member is up, and every one is answered as if it were (Then::kAll)
  bool unrequired = false;              // what the wide-IP requires is not up, so that no member counts
  [[nodiscard]] bool alarm() const;     // a conflict, a leap, or an order that stands against what the claims say
  [[nodiscard]] bool accepted() const;  // a live claim stands behind the answer, or members that are up
  // True if a mere renewal of the claims would not change this decision: the caller need not ask again.
  [[nodiscard]] bool steady() const;
};

// `observed` has one entry for each member of `wideip`, then one for each of what it requires (its `health` has one
// entry). Deterministic; any values are accepted.
[[nodiscard]] Decision decide(const WideIp& wideip, std::span<const Observation> observed, const Memory& memory,
                              base::Instant now);

}  // namespace decide
