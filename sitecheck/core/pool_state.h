// What a pool of kind failover knows (pool.h has what it does with it). Internal to this folder.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sitecheck/core/arbiter.h"
#include "sitecheck/core/events.h"
#include "sitecheck/core/following.h"
#include "sitecheck/core/heartbeat.h"
#include "sitecheck/core/node.h"
#include "sitecheck/core/seat.h"
#include "sitecheck/core/service.h"
#include "sitecheck/core/switchover.h"

namespace core {

class PoolState : public Seat {
 protected:
  explicit PoolState(const Place& place);

  std::unique_ptr<Arbiter> arbiter_;
  std::uint64_t config_hash_;
  bool begun_ = false;  // the first step has been made
  std::string reason_;
  std::vector<Node> nodes_;

  // Epochs.
  Record durable_;  // as it is on disk
  LoadedPool::Slots slots_;
  bool bootstrap_;
  bool epoch_known_ = false;
  bool fresh_pair_ = false;  // rule 15: neither site has ever had an epoch
  bool row_read_ = false;
  std::optional<ecv::Epoch> bump_;
  std::uint64_t persist_token_ = 0;
  Record persisting_;
  std::optional<base::Instant> persist_at_;

  // The exchange.
  base::Instant last_send_;
  bool send_now_ = false;
  std::optional<base::Instant> relay_heard_at_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> relays_;  // dnsd → boot id, seq

  // Standing.
  base::Instant stand_after_;  // after a refusal or a failed promotion
  base::Instant unfit_until_;  // a promotion failed here: let the peer try

  // Promotion.
  std::uint64_t attempt_ = 0;
  PromoteStep step_ = PromoteStep::kArmGuard;
  base::Instant step_since_;
  Cause cause_ = Cause::kGrant;
  bool planned_ = false;        // by the release of a switchover
  bool loss_accepted_ = false;  // a person forces it: max_loss does not count
  Record promoting_record_;
  std::optional<NodeIndex> writer_;
  bool opened_ = false;  // read_only=0 was sent: the site counts as writable
  std::deque<base::Instant> promotions_;
  std::uint64_t promotion_count_ = 0;

  // Switchover.
  std::optional<Switchover> switchover_;
  WrittenPast past_;                                // of our own writer
  std::optional<base::Instant> drain_look_at_;      // at the target: last ProbeNow
  std::optional<base::Instant> drained_for_us_at_;  // the peer said so
  std::string position_said_;                       // in our last datagram
  std::optional<NodeIndex> failback_to_;            // a node that comes before the writer, and is well
  base::Instant failback_since_;                    // it is, or was moved to in vain

  // Fence.
  std::uint64_t fence_first_token_ = 0;
  base::Instant fence_since_;
  base::Instant fence_asked_;
  bool fence_hard_ = false;
  bool failed_writer_ = false;
  bool maint_wanted_ = false;
  ecv::FenceKind fence_ = ecv::FenceKind::kNone;
  std::uint64_t fence_count_ = 0;
  std::vector<std::optional<base::Instant>> assert_at_;  // per node, last AssertReadOnly
  std::vector<std::uint64_t> assert_token_;
  std::vector<bool> joining_;  // per node: added by a reload, and not confirmed closed yet

  // Recovery.
  bool follows_ = false;  // replication from the writer was seen running, or was set up
  bool errant_accepted_ = false;
  std::uint64_t rejoin_token_ = 0;
  std::string rejoin_of_;  // whom, as Following::source
  std::optional<base::Instant> rejoin_at_;
  std::optional<base::Instant> rejoin_after_;
  std::optional<GtidSet> sample_;  // our transactions, to be proved a subset
  base::Instant sampled_at_;

  Heartbeats heartbeats_;
  std::optional<base::Instant> beat_at_;  // our last, as the writer

  std::vector<Following> following_;  // per node; of those that are not the best one
  std::string errant_;                // QUARANTINED: the transactions that keep it out

  // Service address.
  ServiceViews services_;
  ecv::ServiceView service_ = ecv::ServiceView::kUnknown;  // of ours, as the others find it
  base::Instant service_since_;
  std::optional<base::Instant> service_retry_;
  bool service_lost_ = false;  // this site handed the writer on for it

  // Status.
  bool guard_alive_ = false;
  std::optional<base::Instant> guard_lost_at_;      // it was alive until then
  std::optional<base::Instant> guard_armed_until_;  // acknowledged, of the permit held now
  std::optional<base::Instant> guard_closes_by_;    // FENCING: by then it has closed the writer
  SemiSync semi_sync_ = SemiSync::kUnknown;
  int semi_sync_replicas_ = 0;
};

}  // namespace core
