// The state machine of one pool at one site (protocol.md sections 2 and 3). Internal to this folder: the shell uses
// site.h. Each idea stands in a file of its own: boot, epoch, exchange, election, standby, promotion, writer, fence,
// recovery, status, commands, views.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sitecheck/core/actions.h"
#include "sitecheck/core/checkpoints.h"
#include "sitecheck/core/config.h"
#include "sitecheck/core/counters.h"
#include "sitecheck/core/events.h"
#include "sitecheck/core/node.h"
#include "sitecheck/core/peer_link.h"
#include "sitecheck/core/permit.h"
#include "sitecheck/core/silence.h"
#include "sitecheck/core/site.h"
#include "sitecheck/core/switchover.h"
#include "sitecheck/core/view.h"

namespace core {

class Pool {
 public:
  // `site` and `checkpoints` outlive it.
  Pool(const SiteConfig& site, PoolIndex index, const Identity& identity, const LoadedPool& loaded,
       const Checkpoints& checkpoints, std::uint64_t config_hash, base::Instant now);

  // A step: begin, any number of take, act. Actions are appended to `out`, which must live until act() has returned.
  void begin(base::Instant now, std::vector<Action>& out);
  void take(const NodePolled& e);
  void take(const Checkpoints::Verdict& v);
  void take(const PeerDatagram& e);
  void take(const PeerUnverifiable& e);
  void take(const RelayDatagram& e);
  void take(const Persisted& e);
  void take(const ReadOnlyAsserted& e);
  void take(const FenceDone& e);
  void take(const PromoteDone& e);
  void take(const RejoinDone& e);
  void take(const GuardStatus& e);
  void take(const EtcdDone& /*e*/) {}
  void take(const EtcdWatched& /*e*/) {}
  void take(const ServiceTested& /*e*/) {}
  void take(const Command& e);
  void act();

  [[nodiscard]] base::Instant next_deadline() const;
  // Rounds every interval: the peer is silent, or a lost quorum must be seen to return.
  [[nodiscard]] bool wants_fast_rounds(base::Instant now) const;
  [[nodiscard]] std::optional<base::Instant> fast_rounds_from() const;
  [[nodiscard]] PoolView view(base::Instant now) const;
  [[nodiscard]] ecv::Report report(base::Instant now) const;
  [[nodiscard]] bool hears_peer(base::Instant now) const;
  [[nodiscard]] std::optional<base::Instant> relay_at() const { return relay_heard_at_; }

 private:
  enum class Cause : std::uint8_t { kGrant, kRelease, kSubstitution, kSelf, kForce };
  enum class Rank : std::uint8_t { kEqual, kAhead, kBehind, kDiverged };  // our data against the peer's
  enum class Proof : std::uint8_t { kWaiting, kSubset, kErrant };

  // pool.cc
  void go(State to, std::string reason);
  void journal(base::Level level, std::string id, std::string message,
               std::vector<std::pair<std::string, std::string>> fields = {});
  void raise_alarm(const std::string& id, std::string text);
  void clear_alarm(const std::string& id);
  template <typename T>
  void emit(T action) {
    out_->emplace_back(std::move(action));
  }
  [[nodiscard]] const ecv::Timing& timing() const { return site_->timing; }
  void gap();

  // boot.cc: rules 5 and 15
  void resume_or_init(const LoadedPool& loaded);
  void act_init();
  void learn_epoch();
  void close_nodes();
  [[nodiscard]] bool all_closed() const;
  [[nodiscard]] bool moratorium() const;

  // epoch.cc
  bool observe(ecv::Epoch epoch, std::string_view source);
  [[nodiscard]] ecv::Epoch next_epoch() const;
  void persist_if_changed();
  void bump_if_outrun();
  [[nodiscard]] bool live_owner() const;

  // exchange.cc: rules 10, 11 and 14
  void heard();
  void note_peer(const ecv::Datagram& d);
  void send(std::vector<ecv::Answer> answers, bool request);
  [[nodiscard]] ecv::Want want() const;
  [[nodiscard]] bool peer_fresh() const;
  [[nodiscard]] bool peer_writes() const;     // fresh, and ACTIVE or DRAINING
  [[nodiscard]] bool peer_may_write() const;  // fresh, and anything from PROMOTING to FENCING
  [[nodiscard]] const GtidSet& peer_position() const;

  // election.cc: rules 4, 6, 12 and 13
  void answer(const ecv::Datagram& d);
  [[nodiscard]] std::optional<std::string> refusal(const ecv::Datagram& d);
  [[nodiscard]] std::optional<std::string> refusal_to_candidate();
  void take_answer(const ecv::Answer& a);
  [[nodiscard]] Rank rank() const;
  [[nodiscard]] bool could_stand() const;
  [[nodiscard]] bool can_release() const;
  void release_to_peer();

  // standby.cc
  void act_standby();
  void act_candidate();
  void stand();
  void stop_standing(std::string reason);
  [[nodiscard]] bool may_stand();
  [[nodiscard]] bool may_substitute();

  // promotion.cc
  void begin_promotion(Cause cause, base::Instant permit_from);
  void next_promotion_step(PromoteStep step);
  void act_promoting();
  void abandon_promotion(const std::string& why);
  void finish_promotion();
  void report_loss();
  void set_permit();

  // writer.cc
  void act_active();
  [[nodiscard]] bool keeps_writing();

  // switchover.cc: DRAINING, rule 12
  void switch_over(const Command& e);
  [[nodiscard]] std::string abort_switchover(const Command& e, bool& ok);
  [[nodiscard]] std::vector<std::string> against_switchover(const std::string& target) const;
  void begin_switchover(std::string target, std::string reason, std::optional<std::uint64_t> command);
  void switchover_step(SwitchoverStep step);
  void act_draining();
  void drained(const FenceDone& e);
  void looked_at(NodeIndex node);
  [[nodiscard]] std::string target_lost() const;
  void hand_over();
  void give_up_switchover(const std::string& why);
  void open_again();
  void reopened(const PromoteDone& e);
  void watch_release();
  void end_switchover(bool ok, const std::string& text);
  void watch_drain();  // at the target
  [[nodiscard]] bool drained_for_us() const;
  void yield_to_higher_epoch();

  // fence.cc
  void begin_fence(const std::string& why, Counter cause);
  void ask_fence(bool hard);
  void act_fencing();

  // recovery.cc
  void act_fenced();
  void act_following();
  Proof prove();
  void quarantine();
  void ask_rejoin();

  // status.cc
  void update_status();
  void update_eligible();
  void watch_for_a_writer();
  [[nodiscard]] std::string why_not_eligible() const;
  [[nodiscard]] bool flap_blocked() const;
  [[nodiscard]] std::optional<NodeIndex> best_node() const;
  [[nodiscard]] const Node* best() const;

  // commands.cc
  [[nodiscard]] std::string recover(const Command& e, bool accept_errant, bool& ok);
  [[nodiscard]] std::string set_offline(const Command& e, bool& ok);
  [[nodiscard]] std::string set_online(const Command& e, bool& ok);
  [[nodiscard]] std::string force(const Command& e, bool& ok);

  const SiteConfig* site_;
  const PoolConfig* config_;
  PoolIndex index_;
  const Checkpoints* checkpoints_;
  std::uint64_t config_hash_;
  base::Instant now_;
  std::vector<Action>* out_ = nullptr;
  base::Instant boot_at_;
  bool begun_ = false;  // the first step has been made

  State state_ = State::kInit;
  base::Instant since_;
  std::string reason_;
  std::map<std::string, std::string> alarms_;
  Counters counters_;

  std::vector<Node> nodes_;
  std::optional<PeerLink> link_;
  Silence silence_;
  Permit permit_;

  // Epochs.
  Record record_;   // as it ought to be on disk
  Record durable_;  // as it is
  LoadedPool::Slots slots_;
  bool bootstrap_;
  bool epoch_known_ = false;
  bool fresh_pair_ = false;  // rule 15: neither site has ever had an epoch
  bool row_read_ = false;
  ecv::Epoch max_seen_;
  ecv::Epoch epoch_;  // of our claim, while ACTIVE
  std::optional<ecv::Epoch> bump_;
  std::uint64_t token_ = 0;  // of the last Persist, AssertReadOnly, Fence or Rejoin
  std::uint64_t persist_token_ = 0;
  Record persisting_;
  std::optional<base::Instant> persist_at_;

  // The exchange.
  base::Instant last_send_;
  bool send_now_ = false;
  std::optional<ecv::Answer> said_again_;  // the last answer, until it has been repeated
  base::Instant said_at_;
  std::optional<base::Instant> peer_active_at_;  // the peer, or a relay, said that it is ACTIVE
  ecv::Epoch peer_active_epoch_;
  std::optional<base::Instant> relay_heard_at_;
  std::map<std::string, std::pair<std::uint64_t, std::uint64_t>> relays_;  // dnsd → boot id, seq
  mutable std::string peer_position_text_;
  mutable GtidSet peer_position_;

  // Standing.
  std::optional<base::Instant> no_writer_since_;
  std::optional<base::Instant> granted_at_;   // to a candidate: it is about to promote
  std::optional<base::Instant> released_at_;  // rule 12
  base::Instant stand_after_;                 // after a refusal or a failed promotion
  base::Instant unfit_until_;                 // a promotion failed here: let the peer try
  base::Instant candidate_since_;

  // Promotion.
  std::uint64_t attempt_ = 0;
  PromoteStep step_ = PromoteStep::kArmGuard;
  base::Instant step_since_;
  Cause cause_ = Cause::kGrant;
  bool planned_ = false;  // by the release of a switchover
  ecv::Epoch promote_epoch_;
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

  // Recovery.
  bool follows_ = false;  // replication from the writer was seen running, or was set up
  bool errant_accepted_ = false;
  std::uint64_t rejoin_token_ = 0;
  std::optional<base::Instant> rejoin_at_;
  std::optional<base::Instant> rejoin_after_;
  std::optional<GtidSet> sample_;  // our transactions, to be proved a subset
  base::Instant sampled_at_;

  // Status.
  ecv::PoolStatus status_ = ecv::PoolStatus::kOk;
  bool failed_ = false;  // FAIL, until cleared
  std::optional<base::Instant> lost_since_;
  bool eligible_ = false;
  std::string why_not_;
  bool guard_alive_ = false;
};

}  // namespace core
