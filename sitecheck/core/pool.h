// Kind failover: the state machine of one pool at one site (protocol.md sections 2 and 3). Internal to this folder: the
// shell uses site.h. Each idea stands in a file of its own: boot, epoch, exchange, election, standby, promotion,
// writer, fence, recovery, status, commands, views. What it knows stands in pool_state.h; here is what it does.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sitecheck/core/pool_state.h"

namespace core {

class Pool : public PoolState {
 public:
  explicit Pool(const Place& place);

  void begin(base::Instant now, std::vector<Action>& out) override;
  void hear(const Event& event) override;
  void hear(const Checkpoints::Verdict& v) override { arbiter_->take(v); }
  void act() override;
  void reconfigure(PoolIndex index, std::uint64_t config_hash) override;
  [[nodiscard]] std::vector<std::string> against(const PoolConfig* next) const override;
  [[nodiscard]] bool may_write() const override { return holds() || state_ == State::kFencing; }

  [[nodiscard]] base::Instant next_deadline() const override;
  // Every interval: the peer is silent, or a lost quorum must be seen to return.
  [[nodiscard]] std::optional<base::Instant> fast_rounds_from() const override;
  [[nodiscard]] PoolView view(base::Instant now) const override;
  [[nodiscard]] Standing standing() const override;
  [[nodiscard]] ecv::Report report(base::Instant now) const override;
  [[nodiscard]] bool hears_peers(base::Instant now) const override { return peers_.all_fresh(now); }
  [[nodiscard]] std::optional<base::Instant> relay_at() const override { return relay_heard_at_; }

 private:
  void take(const NodePolled& e);
  void take(const PeerDatagram& e);
  void take(const PeerUnverifiable& e);
  void take(const RelayDatagram& e);
  void take(const Persisted& e);
  void take(const ReadOnlyAsserted& e);
  void take(const FenceDone& e);
  void take(const PromoteDone& e);
  void take(const RejoinDone& e);
  void take(const GuardStatus& e);
  void take(const EtcdDone& e) { arbiter_->take(e); }
  void take(const EtcdWatched& e) { arbiter_->take(e); }
  void take(const ServiceTested& e);
  void take(const Command& e);
  void take(const ModeSet& e);

  enum class Rank : std::uint8_t { kEqual, kAhead, kBehind, kDiverged };  // our data against a peer's
  enum class Proof : std::uint8_t { kWaiting, kSubset, kErrant };

  // pool.cc
  void go(State to, std::string reason);

  // boot.cc: rules 5 and 15
  void resume_or_init(const LoadedPool& loaded);
  void act_init();
  void learn_epoch();
  void close_nodes();
  [[nodiscard]] bool all_closed() const override;

  // reload.cc
  void take_nodes(const std::vector<NodeConfig>& before);
  void take_hash(std::uint64_t config_hash);

  // epoch.cc
  bool observe(ecv::Epoch epoch, std::string_view source);
  [[nodiscard]] ecv::Epoch next_epoch() const;
  void persist_if_changed();
  void bump_if_outrun();
  [[nodiscard]] bool live_owner() const { return peers_.live_owner(now_) != nullptr; }

  // exchange.cc: rules 10, 11 and 14
  void note_peer(Peer& p, const ecv::Datagram& d);
  void note_configuration(Peer& p, const ecv::Datagram& d);
  void judge_configurations(bool unknown);
  void watch_for_no_writer();
  void send(Peer& to, std::vector<ecv::Answer> answers, bool request) override;
  void send_requests();
  [[nodiscard]] bool peer_fresh() const { return peers_.any_fresh(now_); }
  [[nodiscard]] bool peer_writes() const { return peers_.writer(now_) != nullptr; }  // fresh, and ACTIVE or DRAINING
  // Fresh, and anything from PROMOTING to FENCING.
  [[nodiscard]] bool peer_may_write() const { return peers_.may_write(now_) != nullptr; }
  // What the writer says it has, or the foremost of the other sites; empty if unknown.
  [[nodiscard]] const GtidSet& peer_position() const;

  // election.cc: rules 4, 6, 12 and 13
  void answer(Peer& p, const ecv::Datagram& d);
  [[nodiscard]] std::optional<std::string> refusal(const Peer& p, const ecv::Datagram& d);
  [[nodiscard]] std::optional<std::string> refusal_to_candidate(const Peer& p);
  void take_answer(Peer& p, const ecv::Answer& a);
  [[nodiscard]] Rank rank(const Peer& p) const;
  [[nodiscard]] bool could_stand() const;
  [[nodiscard]] bool can_release() const;
  [[nodiscard]] bool released_lately() const;
  void release_to_peer();

  // standby.cc
  void act_standby();
  void act_candidate();
  void stand();
  void stop_standing(std::string reason, base::Duration wait) override;
  [[nodiscard]] bool may_stand();
  [[nodiscard]] bool outranked();

  // promotion.cc
  void begin_promotion(Cause cause, base::Instant permit_from) override;
  void next_promotion_step(PromoteStep step);
  void act_promoting();
  void abandon_promotion(const std::string& why);
  void finish_promotion();
  void report_loss();
  [[nodiscard]] std::optional<std::string> refused_for_loss();

  // writer.cc
  void act_active();
  [[nodiscard]] bool keeps_writing();
  void beat();
  void permit_lost(const std::string& why) override;

  // switchover.cc: DRAINING, rule 12
  void switch_over(const Command& e);
  [[nodiscard]] std::string abort_switchover(const Command& e, bool& ok);
  // Without a limit: the pool's.
  [[nodiscard]] std::vector<std::string> against_switchover(const std::string& target,
                                                            std::optional<base::Duration> limit = {}) const;
  void begin_switchover(std::string target, std::string reason, std::optional<std::uint64_t> command,
                        std::optional<base::Duration> limit = {});
  // move_writer.cc: the same within the site
  void move_writer(const Command& e);
  [[nodiscard]] std::vector<std::string> against_move(std::optional<NodeIndex> to, base::Duration limit) const;
  void begin_move(NodeIndex to, std::string reason, std::optional<std::uint64_t> command, base::Duration limit);
  [[nodiscard]] std::string move_target_lost() const;
  void watch_move_target();
  void hand_over_here();
  void moved();
  void act_failback();
  [[nodiscard]] std::optional<NodeIndex> comes_before_writer() const;
  [[nodiscard]] bool comes_before(NodeIndex a, NodeIndex b) const;

  void close_for_switchover();
  [[nodiscard]] const GtidSet& switchover_position() const;
  void switchover_step(SwitchoverStep step);
  void act_draining();
  void drained(const FenceDone& e);
  void looked_at(NodeIndex node);
  [[nodiscard]] const Peer& switchover_target() const;
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
  void fenced(ecv::FenceKind kind, std::string why);
  [[nodiscard]] std::optional<base::Instant> guard_expiry() const;
  [[nodiscard]] bool writer_is_dumb() const;

  // recovery.cc
  void act_fenced();
  void act_following();
  [[nodiscard]] bool follows_another() const;
  Proof prove();
  void quarantine();
  void watch_errant();
  void ask_rejoin();

  // repoint.cc
  struct Source {
    std::string site;
    std::optional<NodeIndex> node;
    std::string key;
    const GtidSet* position = nullptr;
    base::Instant known_at;  // the position
  };
  [[nodiscard]] std::optional<Source> source() const;
  [[nodiscard]] std::optional<NodeIndex> writer_at(const std::string& site) const;
  [[nodiscard]] std::string key_of(const std::string& site, std::optional<NodeIndex> node) const;
  [[nodiscard]] bool follows(const Following& f, const std::string& site, std::optional<NodeIndex> node) const;
  void forget_following();
  void act_repointing();
  void repoint(NodeIndex index, const Source& from);
  Proof prove(const Node& node, Following& f, const Source& from) const;
  void watch_replication(NodeIndex index);
  void keep_out(NodeIndex index, const Source& from);
  void repointed(const RejoinDone& e);
  [[nodiscard]] bool must_follow(NodeIndex index) const;

  // mode.cc
  [[nodiscard]] bool passive() const { return site_->mode == Mode::kPassive; }
  [[nodiscard]] bool acts_alone() const;
  [[nodiscard]] bool held_by_mode(Cause cause) const;
  void watch_open_nodes();
  void found_closed(Node& node);

  // service.cc
  [[nodiscard]] ecv::ServiceView own_service() const;
  [[nodiscard]] std::vector<ServiceVoice> service_voices(base::Instant now) const;
  void set_service_lost(bool lost);
  void watch_service();

  // views.cc
  void show_gaps(std::vector<NodeView>& views) const;

  // status.cc
  void note_semi_sync(SemiSync now, int replicas);
  void update_eligible();
  void watch_for_a_writer();
  [[nodiscard]] std::string why_not_eligible() const;
  [[nodiscard]] bool flap_blocked() const;
  [[nodiscard]] std::optional<NodeIndex> best_node() const;
  [[nodiscard]] const Node* best() const;

  // commands.cc
  [[nodiscard]] std::string recover(const Command& e, bool accept_errant, bool& ok);
  [[nodiscard]] bool moves_away(const Command& e);
  [[nodiscard]] std::string set_offline(const Command& e, bool& ok);
  [[nodiscard]] std::string set_online(const Command& e, bool& ok);
  [[nodiscard]] std::string force(const Command& e, bool& ok);
};

}  // namespace core
