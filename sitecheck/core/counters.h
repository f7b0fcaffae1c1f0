// What a pool has lived through, counted: for metrics, and for the simulator's coverage.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace core {

enum class Counter : std::uint8_t {
  kPromotionByGrant,
  kPromotionByRelease,
  kPromotionBySubstitution,
  kPromotionBySelf,
  kPromotionForced,
  kPromotionByVotes,
  kPromotionByEtcd,
  kPromotionAborted,
  kBootstrap,  // rule 15
  kRenewedByGrant,
  kRenewedByCheckpoints,
  kRenewedBySelf,
  kRenewedByVotes,
  kRenewedByEtcd,
  kCreditCancelled,  // rule 3: a round under way when the peer spoke
  kGapReset,         // rule 2
  kMoratorium,       // rule 5: it would have stood or substituted
  kSilenceReset,     // rule 2: a failed round
  kYielded,          // rule 4: a candidate granted its rival
  kGranted,
  kRefused,
  kElectionRefusal,   // rule 13
  kDiverged,          // rule 13, both ways
  kReleased,          // rule 12
  kVoteGivenBack,     // mode B: a site to which our vote was promised is closed
  kBadPeerInhibit,    // rule 10: unverifiable
  kConfigInhibit,     // rule 10: another configuration
  kUnguardedInhibit,  // section 5
  kHoldInhibit,       // on_silence: hold
  kRelayInhibit,      // rule 14
  kUnproven,          // rule 11
  kStale,             // rule 11
  kEpochBump,
  kEpochRefused,  // beyond 2^20
  kFenceExpired,  // causes of a fence
  kFenceFailedWriter,
  kFenceHigherEpoch,
  kFencePromotion,  // permit lost or step failed after read_only=0 was sent
  kFenceOperator,
  kFenceHard,
  kResumed,  // ACTIVE across a restart
  kRejoined,
  kQuarantined,
  kFlapBlocked,
  kPoolFailed,     // STATUS FAIL
  kReopened,       // a node was found open that had to be closed
  kFencedByGuard,  // the writer did not answer, and its guard's deadline was over
  kSwitchover,     // DRAINING was begun
  kSwitchoverDone,
  kSwitchoverGivenUp,  // opened again, or fenced, before the release
  kServiceLost,        // a switchover because nobody reached the service address
  kRepointed,          // another local node follows the new writer
  kNodeErrant,         // another local node holds errant transactions
  kCount
};
[[nodiscard]] std::string_view name(Counter c);

class Counters {
 public:
  void add(Counter c, std::uint64_t n = 1) { values_[static_cast<std::size_t>(c)] += n; }
  [[nodiscard]] std::uint64_t get(Counter c) const { return values_[static_cast<std::size_t>(c)]; }

 private:
  std::array<std::uint64_t, static_cast<std::size_t>(Counter::kCount)> values_{};
};

}  // namespace core
