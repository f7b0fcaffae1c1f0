// Rules that the simulator can switch off, to prove that it would notice (tests/sim). In the program that ships
// mutant() is false at compile time.
#pragma once

#include <cstdint>

namespace core {

enum class Mutation : std::uint8_t {
  kNone,
  kNoBootMoratorium,      // rule 5
  kInstantCheckpoint,     // rule 2: the quorum tested only at the moment of promotion
  kLeaseFromReceipt,      // rule 1
  kCreditWhileSpeaking,   // rule 3
  kCreditAtOnce,          // rule 3: silence tested only before the round
  kNoGapReset,            // rule 2
  kKeptCandidacy,         // rule 4
  kPlainMaxPlusOne,       // section 3: epochs without the site's id
  kRefusedPeerIsDead,     // rule 10
  kUnprovenPeerIsSilent,  // rule 11: a peer that restarted and cannot hear us
  kPermitKept,            // section 3: the mapped permit is not cleared before a fence and a release
  kActiveGrants,          // rule 6
  kFickleVoter,           // mode B: a voter that changes its mind
  kDrainingGrants,        // rule 6: and its target asks
  kRevisionAlone,         // section 4, mode C: the revision of a rebuilt etcd turns the counter back
  kLateRelease,           // rule 12: the lease of a release counts from its receipt, and a void request is answered
  kStaleRelease,          // rule 11: a release counts though its datagram is not the newest
  kDeafCandidate,         // section 3: who stands does not listen whether somebody writes
};

#ifdef WIDEIP_MUTANTS
// The rules that are off: one, or one and the defence behind which its absence would hide.
inline thread_local Mutation active_mutation = Mutation::kNone;
inline thread_local Mutation second_mutation = Mutation::kNone;
inline bool mutant(Mutation m) { return active_mutation == m || second_mutation == m; }
#else
constexpr bool mutant(Mutation /*m*/) { return false; }
#endif

}  // namespace core
