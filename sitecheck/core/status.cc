// STATUS of the pool (spec.md section 3, protocol.md section 3) and whether it may become the writer.
#include <algorithm>
#include <tuple>

#include "sitecheck/core/pool.h"

namespace core {

using ecv::PoolStatus;

// Whether commits that our writer acknowledges are at a second place (protocol.md section 6, last row of the table).
void Pool::note_semi_sync(SemiSync now, int replicas) {
  if (semi_sync_ == now && semi_sync_replicas_ == replicas) return;
  const bool other = semi_sync_ != now;
  semi_sync_ = now;
  semi_sync_replicas_ = replicas;
  emit(Changed{index_});
  if (!other) return;
  if (now == SemiSync::kDegraded) {
    raise_alarm("semi_sync",
                "semi-sync fell back to asynchronous replication: commits that are acknowledged now may be "
                "lost with this site");
  } else {
    clear_alarm("semi_sync");
  }
  if (now == SemiSync::kUnknown) return;
  journal(base::Level::kInfo, "pool.semi_sync", std::string(core::name(now)), {{"replicas", std::to_string(replicas)}});
}

// Section 7, "replication broken, then the writer fails": a person decides, so a person must hear of it.
void Pool::watch_for_a_writer() {
  const bool heard = peer_fresh() || !arbiter_->by_silence();
  const bool missed = no_writer_since_ && heard && !peer_may_write() &&
                      now_ - std::max(*no_writer_since_, since_) >= timing().promote_wait;
  if (!holds() && !eligible_ && state_ != State::kInit && (missed || arbiter_->silent_long())) {
    raise_alarm("no_writer", "no site writes, and this one may not: " + why_not_);
  } else if (state_ == State::kStandby && !acts_alone() && (missed || peers_.alone() || arbiter_->silent_long())) {
    raise_alarm("no_writer", "no site writes, and mode manual leaves it to a person: promote " + config_->name +
                                 " --force --reason ..., or mode active");
  } else {
    clear_alarm("no_writer");
  }
}

std::optional<base::Instant> Pool::fast_rounds_from() const {
  if (isolation_.wants_rounds()) return boot_at_;
  return arbiter_->fast_rounds_from();
}

void Pool::update_eligible() {
  auto why = why_not_eligible();
  const bool eligible = why.empty();
  if (eligible != eligible_ && out_ != nullptr) {
    if (!eligible && flap_blocked()) counters_.add(Counter::kFlapBlocked);
    emit(Changed{index_});
    send_now_ = true;
  }
  eligible_ = eligible;
  if (why_not_ != why) why_not_ = std::move(why);
}

std::string Pool::why_not_eligible() const {
  if (state_ != State::kStandby && state_ != State::kCandidate) return std::string(core::name(state_));
  if (status_ == PoolStatus::kFail) return "the quorum of the checkpoints was lost";
  if (passive()) return "mode passive: this site only watches";
  const Node* node = best();
  if (node == nullptr) return "no node of this site";
  if (node->config().promote == PromoteWish::kNever) return node->config().name + " has promote: never";
  if (!all_closed()) return "not confirmed read-only";
  if (auto why = node->unfit(config_->max_lag); !why.empty()) return why;
  if (!guard_alive_ && config_->guard != "none") return "the guard does not answer";
  if (now_ < unfit_until_) return "its last promotion failed";
  if (released_lately()) return "released the writer to the peer";  // rule 12
  if (peer_writes() && !follows_) return node->config().name + " does not replicate from the writer";
  if (service_lost_ && service_ == ecv::ServiceView::kDown) return "its service address is not reached";
  if (flap_blocked()) return "promoted too often; the peer comes first";
  return "";
}

// anti_flap blocks promotions, never fences, and never the only eligible site (section 4).
bool Pool::flap_blocked() const {
  const auto& others = peers_.all();
  const bool other = std::any_of(others.begin(), others.end(),
                                 [this](const Peer& p) { return peers_.fresh(p, now_) && p.link.said()->eligible; });
  if (promotions_.empty() || !other) return false;
  if (now_ - promotions_.back() < config_->anti_flap.block) return true;
  const auto recent = std::count_if(promotions_.begin(), promotions_.end(),
                                    [this](base::Instant at) { return now_ - at < std::chrono::hours(1); });
  return recent >= config_->anti_flap.max_per_hour;
}

// The local node that is, or would be, the writer: fit ones first, then by promote, then the lowest priority number.
std::optional<NodeIndex> Pool::best_node() const {
  if (writer_) return writer_;
  if (nodes_.size() == 1) return nodes_.front().config().local ? std::optional<NodeIndex>(0) : std::nullopt;
  std::optional<NodeIndex> best;
  std::tuple<bool, int, int> best_rank;
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    const auto& config = nodes_[i].config();
    if (!config.local) continue;
    const bool fit = !nodes_[i].failed() && nodes_[i].answers() && nodes_[i].state() != ecv::NodeState::kMaint &&
                     !following_[i].errant && !joining_[i];
    const int wish = config.promote == PromoteWish::kPrefer ? 0 : config.promote == PromoteWish::kAllow ? 1 : 2;
    const std::tuple rank{!fit, wish, config.priority};
    if (best && rank >= best_rank) continue;
    best = i;
    best_rank = rank;
  }
  return best;
}

const Node* Pool::best() const {
  const auto index = best_node();
  return index ? &nodes_[*index] : nullptr;
}

}  // namespace core
