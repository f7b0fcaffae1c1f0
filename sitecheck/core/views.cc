// The report and the status of one pool.
#include <algorithm>

#include "base/text.h"
#include "sitecheck/core/pool.h"

namespace core {

namespace {

PeerView peer_view(const Peer& peer) {
  PeerView v;
  v.site = peer.name;
  v.last_heard = peer.link.heard_at();
  v.config_match = !peer.differs;
  v.paths = peer.link.paths();
  if (const auto& said = peer.link.said()) {
    v.state = said->state;
    v.epoch = said->epoch;
    v.eligible = said->eligible;
    v.position = said->position == kKnownEmpty ? "" : said->position;
  }
  return v;
}

}  // namespace

// Against the writer as this site knows it: its own poll, or the last word of the site that writes.
void Pool::show_gaps(std::vector<NodeView>& views) const {
  constexpr std::size_t kShown = 300;
  const bool ours = writer_ && claims() && nodes_[*writer_].position_known();
  const Peer* peer = ours ? nullptr : peers_.writer(now_);
  const bool theirs = peer != nullptr && !peer->link.said()->position.empty();
  for (auto& view : views) {
    const auto node = std::find_if(nodes_.begin(), nodes_.end(),
                                   [&](const Node& n) { return n.config().name == view.name && n.position_known(); });
    if (node == nodes_.end()) continue;
    view.gtid_gaps = shortened(node->position().gaps(), kShown);
    if (!ours && !theirs) continue;
    const auto& held = ours ? nodes_[*writer_].position() : peer->position();
    view.gtid_missing = shortened(held.lacking_in(node->position()), kShown);
  }
}

Standing Pool::standing() const { return {state_, claims() ? epoch_ : ecv::Epoch{}, max_seen_, permit_.until()}; }

PoolView Pool::view(base::Instant now) const {
  PoolView v;
  v.name = config_->name;
  v.kind = config_->kind;
  v.state = state_;
  v.status = status_;
  v.since = since_;
  if (claims()) v.epoch = epoch_;
  v.max_epoch_seen = max_seen_;
  if (state_ == State::kActive && permit_.valid(now)) v.lease_ms = base::to_ms(*permit_.until() - now);
  v.eligible = eligible_;
  v.reason = eligible_ || claims() ? reason_ : why_not_;
  v.guard = guard_alive_ ? config_->guard : "none";
  v.guard_alive = guard_alive_ && config_->guard != "none";
  v.guard_armed = v.guard_alive && guard_armed_until_.has_value();
  v.semi_sync = semi_sync_;
  v.semi_sync_replicas = semi_sync_replicas_;
  v.service = service_;
  v.service_voices = service_voices(now);
  if (state_ == State::kQuarantined) v.errant = errant_;
  v.permit = permit_.until();
  v.fence = fence_;
  show_alarms(v);
  if (writer_ && claims()) v.writer = nodes_[*writer_].config().name;
  if (switchover_) {
    const auto& s = *switchover_;
    v.switchover.emplace(SwitchoverView{s.target, s.step, s.since, s.began, s.reason, s.given_up, ""});
    if (s.step == SwitchoverStep::kCatchingUp) {
      v.switchover->still_lacks = nodes_[*writer_].position().lacking_in(switchover_position()).substr(0, 300);
    }
  }
  v.arbiter = arbiter_->view(now);
  for (const auto& p : peers_.all()) {
    if (!p.witness()) v.peers.push_back(peer_view(p));
  }
  if (const Peer* p = peers_.foremost(now)) v.peer = peer_view(*p);
  v.nodes = views_of(nodes_);
  show_gaps(v.nodes);
  v.promotions = promotion_count_;
  v.fences = fence_count_;
  v.counters = counters_;
  return v;
}

ecv::Report Pool::report(base::Instant now) const {
  ecv::Report r;
  r.pool = config_->name;
  r.site = site_->site;
  if (claims()) r.epoch = epoch_;
  r.max_epoch_seen = max_seen_;
  r.state = reported(state_);
  r.pool_status = status_;
  r.eligible = eligible_;
  if (state_ == State::kActive && permit_.valid(now)) r.lease_ms = base::to_ms(*permit_.until() - now);
  r.fence = fence_;
  r.guard = guard_alive_ ? config_->guard : "none";
  r.guard_armed = guard_alive_ && config_->guard != "none" && guard_armed_until_.has_value();
  if (state_ == State::kDraining && !switchover_->node) r.target = switchover_->target;
  r.semi_sync = std::string(core::name(semi_sync_));
  r.semi_sync_replicas = semi_sync_replicas_;
  r.service = std::string(core::name(service_));
  r.service_at = config_->service;
  if (state_ == State::kQuarantined) r.errant = errant_.substr(0, 1000);
  report_looks(r, nodes_);
  const Peer* peer = peers_.foremost(now);
  if (peer != nullptr && peer->link.heard_at()) {
    r.peer.last_heard_ms = base::to_ms(now - *peer->link.heard_at());
    r.peer.epoch = peer->link.said()->epoch;
    r.peer.state = std::string(ecv::name(peer->link.said()->state));
  }
  r.arbiter = std::string(core::name(site_->arbiter));
  std::array<std::uint8_t, 8> hash{};
  for (std::size_t i = 0; i < hash.size(); ++i) hash[i] = static_cast<std::uint8_t>(config_hash_ >> (56 - 8 * i));
  r.config_hash = base::to_hex(hash);
  return r;
}

std::string_view name(Counter c) {
  static constexpr std::string_view kNames[] = {"promotion_by_grant",
                                                "promotion_by_release",
                                                "promotion_by_substitution",
                                                "promotion_by_self",
                                                "promotion_forced",
                                                "promotion_by_votes",
                                                "promotion_by_etcd",
                                                "promotion_aborted",
                                                "bootstrap",
                                                "renewed_by_grant",
                                                "renewed_by_checkpoints",
                                                "renewed_by_self",
                                                "renewed_by_votes",
                                                "renewed_by_etcd",
                                                "credit_cancelled",
                                                "gap_reset",
                                                "moratorium",
                                                "silence_reset",
                                                "yielded",
                                                "granted",
                                                "refused",
                                                "election_refusal",
                                                "diverged",
                                                "released",
                                                "vote_given_back",
                                                "bad_peer_inhibit",
                                                "config_inhibit",
                                                "unguarded_inhibit",
                                                "hold_inhibit",
                                                "relay_inhibit",
                                                "unproven",
                                                "stale",
                                                "epoch_bump",
                                                "epoch_refused",
                                                "fence_expired",
                                                "fence_failed_writer",
                                                "fence_higher_epoch",
                                                "fence_promotion",
                                                "fence_operator",
                                                "fence_hard",
                                                "resumed",
                                                "rejoined",
                                                "quarantined",
                                                "flap_blocked",
                                                "pool_failed",
                                                "reopened",
                                                "fenced_by_guard",
                                                "switchover",
                                                "switchover_done",
                                                "switchover_given_up",
                                                "service_lost",
                                                "repointed",
                                                "node_errant"};
  static_assert(std::size(kNames) == static_cast<std::size_t>(Counter::kCount));
  return kNames[static_cast<std::size_t>(c)];
}

}  // namespace core
