// The way back: FENCED → replica → STANDBY, or QUARANTINED with errant transactions (protocol.md sections 3 and 7).
#include <algorithm>

#include "sitecheck/core/pool.h"

namespace core {

namespace {

constexpr base::Duration kRejoinRetry = base::seconds(5);
constexpr base::Duration kRejoinLimit = base::seconds(30);

}  // namespace

void Pool::act_fenced() {
  if (maint_wanted_) {
    maint_wanted_ = false;
    return go(State::kMaint, "set offline by a person");
  }
  const auto index = best_node();
  if (!index || passive()) return;
  Node& node = nodes_[*index];
  const bool ready = (node.state() == ecv::NodeState::kFenced && node.answers()) || node.may_return(now_);
  if (!ready) return;
  if (peers_.alone()) {
    node.returned();
    return go(State::kStandby, "fence confirmed and the node is well");
  }
  if (peer_writes()) {
    if (prove() == Proof::kErrant) return quarantine();
    if (prove() == Proof::kSubset) ask_rejoin();
    return;
  }
  // Nobody to follow. What it holds is weighed when a writer is sought (rule 13), and again once there is one.
  if (peer_may_write() || released_lately()) return;
  node.returned();
  go(State::kStandby, "fence confirmed, and no other writer");
}

// STANDBY with a writer at the peer: replication is set up if it does not run, and a node that failed returns.
void Pool::act_following() {
  const auto index = best_node();
  if (!index) return;
  Node& node = nodes_[*index];
  if (follows_ && follows_another()) {
    follows_ = false;
    sample_.reset();
  }
  if (node.state() == ecv::NodeState::kAwaitingRecovery) {
    if (!node.may_return(now_)) return;
    if (!peer_writes()) {
      // It stayed closed since it was last proved: it holds nothing but the writer's.
      if (node.closed() && !peer_may_write()) node.returned();
      return;
    }
    const auto proof = prove();
    if (proof == Proof::kErrant) return quarantine();
    if (proof == Proof::kWaiting) return;
    if (follows_) {
      node.returned();
      sample_.reset();
      return;
    }
  }
  if (!peer_writes() || follows_ || !node.answers() || !node.closed()) return;
  const auto proof = prove();
  if (proof == Proof::kErrant) return quarantine();
  if (proof == Proof::kSubset) ask_rejoin();
}

// With several peers, replication that runs may be that from a site which no longer writes; with several nodes at the
// writer's site, that from a node which no longer writes. Only what this process set up is known to be right; to set it
// up again where it is right already changes nothing at the database.
bool Pool::follows_another() const {
  const Peer* writer = peers_.writer(now_);
  const auto index = best_node();
  if (writer == nullptr || !index) return false;
  const auto node = writer_at(writer->name);
  return (peers_.sites() > 1 || node) && !follows(following_[*index], writer->name, node);
}

// Our transactions as of one moment against what the peer, ACTIVE, says it holds at least 2W later: by then its report
// cannot be older than our sample.
Pool::Proof Pool::prove() {
  if (errant_accepted_) return Proof::kSubset;
  const Node* node = best();
  if (!node->position_known()) return Proof::kWaiting;
  if (!sample_) {
    sample_ = node->position();
    sampled_at_ = now_;
  }
  const Peer* writer = peers_.writer(now_);
  if (writer == nullptr || *writer->link.heard_at() - sampled_at_ < 2 * timing().window()) return Proof::kWaiting;
  if (writer->link.said()->position.empty() && !sample_->empty()) return Proof::kWaiting;
  return writer->position().contains(*sample_) ? Proof::kSubset : Proof::kErrant;
}

void Pool::quarantine() {
  counters_.add(Counter::kQuarantined);
  errant_ = sample_->lacking_in(peer_position());
  raise_alarm("errant", "transactions that the writer lacks: " + errant_.substr(0, 300));
  record_.quarantined = true;
  persist_if_changed();
  go(State::kQuarantined, "errant transactions");
}

// QUARANTINED: what keeps it out, as long as a writer tells; after a restart too.
void Pool::watch_errant() {
  const Node* node = best();
  const Peer* writer = peers_.writer(now_);
  if (node == nullptr || !node->position_known() || writer == nullptr) return;
  if (writer->link.said()->position.empty()) return;
  errant_ = node->position().lacking_in(writer->position());
  raise_alarm("errant", errant_.empty() ? "no errant transactions are left: recover brings it back"
                                        : "transactions that the writer lacks: " + errant_.substr(0, 300));
}

void Pool::ask_rejoin() {
  const Peer* writer = peers_.writer(now_);
  if (writer == nullptr || (rejoin_at_ && now_ - *rejoin_at_ < kRejoinLimit)) return;
  if (rejoin_after_ && now_ < *rejoin_after_) return;
  rejoin_at_ = now_;
  rejoin_token_ = ++token_;
  const auto node = writer_at(writer->name);
  rejoin_of_ = key_of(writer->name, node);
  emit(Rejoin{index_, *best_node(), rejoin_token_, writer->name, node});
}

void Pool::take(const RejoinDone& e) {
  if (!rejoin_at_ || e.token != rejoin_token_) return repointed(e);
  rejoin_at_.reset();
  if (state_ != State::kFenced && state_ != State::kStandby) return;
  if (!e.ok) {
    rejoin_after_ = now_ + kRejoinRetry;
    raise_alarm("rejoin", "replication from the writer does not start: " + e.message);
    return;
  }
  clear_alarm("rejoin");
  counters_.add(Counter::kRejoined);
  follows_ = true;
  errant_accepted_ = false;
  sample_.reset();
  const auto best = *best_node();
  following_[best].source = rejoin_of_;
  Node& node = nodes_[best];
  node.replication_set_up();
  if (state_ == State::kFenced || node.state() == ecv::NodeState::kAwaitingRecovery) node.returned();
  if (state_ == State::kFenced) go(State::kStandby, "a replica of the writer");
}

}  // namespace core
