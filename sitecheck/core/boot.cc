// Boot: always read-only, the epoch known before anything else, and a moratorium (protocol.md rules 5 and 15).
#include <algorithm>

#include "sitecheck/core/pool.h"

namespace core {

void Pool::resume_or_init(const LoadedPool& loaded) {
  const bool readable = slots_ == LoadedPool::Slots::kValid || slots_ == LoadedPool::Slots::kDoubtful;
  if (readable) {
    record_ = durable_ = loaded.record;
    max_seen_ = record_.max_epoch;
    service_lost_ = record_.service_lost;
  }
  take_offline(nodes_, record_);
  record_.offline = offline_names(nodes_);
  epoch_known_ = slots_ == LoadedPool::Slots::kValid || bootstrap_;
  if (slots_ == LoadedPool::Slots::kCorrupt || slots_ == LoadedPool::Slots::kDoubtful) {
    raise_alarm("state", "the state file is damaged; the epoch must come from a second source");
  }
  // Section 3, permit across a restart: within the lease the site stays ACTIVE with its epoch.
  const bool whole = slots_ == LoadedPool::Slots::kValid && loaded.permit && loaded.permit->deadline > now_ &&
                     loaded.permit->deadline <= now_ + timing().lease && loaded.permit->epoch == record_.own_epoch &&
                     record_.own_epoch.counter() > 0;
  // Of an older version's record: the first, as that took it.
  const auto node = std::find_if(nodes_.begin(), nodes_.end(), [this](const Node& n) {
    return n.config().local && (record_.writer.empty() || n.config().name == record_.writer);
  });
  const bool active = whole && !record_.quarantined && !record_.maint && node != nodes_.end();
  if (loaded.permit) arbiter_->resume(*loaded.permit, active);
  if (!active) return;
  epoch_ = loaded.permit->epoch;
  writer_ = static_cast<NodeIndex>(node - nodes_.begin());
  opened_ = true;
  state_ = State::kActive;
  reason_ = "restarted within the lease";
  counters_.add(Counter::kResumed);
}

bool Pool::all_closed() const {
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (nodes_[i].config().local && !nodes_[i].closed() && !joining_[i]) return false;
  }
  return true;
}

// Every local node that is not confirmed closed is told to be, again every interval; but the writer, while this site
// may write.
void Pool::close_nodes() {
  if (passive() && !may_write()) return watch_open_nodes();
  if (state_ == State::kFencing) return;
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].config().local || nodes_[i].closed()) continue;
    if (holds() && writer_ == i) continue;
    if (assert_at_[i] && now_ - *assert_at_[i] < timing().interval) continue;
    assert_at_[i] = now_;
    assert_token_[i] = ++token_;
    emit(AssertReadOnly{index_, i, token_});
  }
}

void Pool::take(const ReadOnlyAsserted& e) {
  if (e.node >= nodes_.size() || e.token != assert_token_[e.node]) return;
  if (opened_ && writer_ == e.node) return;  // asked before the promotion that is under way now
  if (e.closing == Closing::kUnknown) {
    raise_alarm("open", nodes_[e.node].config().name + " is not confirmed read-only: " + e.message);
    return;
  }
  nodes_[e.node].set_closed(true);
  joining_[e.node] = false;
  if (all_closed()) clear_alarm("open");
}

// The epoch is known from the site's own slots; else from the peer; else from a relay of a dnsd together with the
// epoch row. The row alone is no second source (section 7, "state file lost or corrupt").
void Pool::learn_epoch() {
  if (epoch_known_) return;
  const bool row = row_read_ || nodes_.empty();  // a pool without nodes votes only, and has no table
  const bool from_peer = peers_.any_said();
  const bool from_relay = relay_heard_at_ && row && max_seen_.counter() > 0;
  const bool alone = peers_.alone() && row;
  if (!from_peer && !from_relay && !alone) return;
  // Rule 15: both sites hear each other and neither has state nor row.
  if (max_seen_.counter() == 0 && !peers_.alone()) {
    if (!row) return;
    if (!fresh_pair_) counters_.add(Counter::kBootstrap);
    fresh_pair_ = true;
  }
  epoch_known_ = true;
  clear_alarm("state");
}

void Pool::act_init() {
  learn_epoch();
  if (!all_closed()) {
    reason_ = "waits until every local node is confirmed read-only";
    return;
  }
  if (!epoch_known_) {
    reason_ = "the epoch is not known: no state of its own, and no second source";
    return;
  }
  if (record_.quarantined) return go(State::kQuarantined, "quarantined before the restart");
  if (record_.maint) return go(State::kMaint, "set offline before the restart");
  go(State::kStandby, "read-only confirmed, epoch known");
}

}  // namespace core
