// What the parts of a pool of kind failover share beyond any Brain: the state, the permit and the other parties. Pool
// is one; its arbiter sees it through the accessors of Arbiter. Internal to this folder.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sitecheck/core/brain.h"
#include "sitecheck/core/peers.h"
#include "sitecheck/core/permit.h"

namespace core {

// By what a promotion is justified.
enum class Cause : std::uint8_t { kGrant, kRelease, kSubstitution, kSelf, kForce, kVotes, kEtcd };

class Seat : public Brain {
 public:
  explicit Seat(const Place& place);

 protected:
  friend class Arbiter;

  // What the arbiter may have done.
  virtual void begin_promotion(Cause cause, base::Instant permit_from) = 0;
  // The candidacy is over; the next one not before `wait` has passed.
  virtual void stop_standing(std::string reason, base::Duration wait) = 0;
  // The permit is lost: a promotion is given up, a writer fenced. Nothing in other states.
  virtual void permit_lost(const std::string& why) = 0;
  virtual void send(Peer& to, std::vector<ecv::Answer> answers, bool request) = 0;
  [[nodiscard]] virtual bool all_closed() const = 0;

  // PROMOTING, ACTIVE or DRAINING: a permit is held, and renewed.
  [[nodiscard]] bool holds() const;
  [[nodiscard]] bool claims() const { return state_ == State::kActive || state_ == State::kDraining; }
  // The permit grew: mmap and guard must know.
  void set_permit();

  State state_ = State::kInit;
  base::Instant since_;
  bool eligible_ = false;
  std::string why_not_;
  Peers peers_;
  Permit permit_;
  std::int64_t lease_id_ = 0;  // mode C: of the etcd lease that the permit stands on

  Record record_;  // as it ought to be on disk
  ecv::Epoch max_seen_;
  ecv::Epoch epoch_;          // of our claim, while ACTIVE
  ecv::Epoch promote_epoch_;  // of the promotion under way
  std::optional<base::Instant> no_writer_since_;
  std::optional<base::Instant> released_at_;  // rule 12
  base::Instant candidate_since_;
  std::uint64_t token_ = 0;  // of the last action that has one
};

}  // namespace core
