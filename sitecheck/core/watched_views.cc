// What is shown and ordered of a pool whose nodes are watched only.
#include <algorithm>

#include "base/text.h"
#include "sitecheck/core/watched.h"

namespace core {

using ecv::NodeState;

std::optional<NodeIndex> Watched::only_writer() const {
  std::optional<NodeIndex> out;
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (!nodes_[i].config().local || nodes_[i].state() != NodeState::kActive) continue;
    if (out) return std::nullopt;
    out = i;
  }
  return out;
}

PoolView Watched::view(base::Instant now) const {
  PoolView v;
  v.name = config_->name;
  v.kind = config_->kind;
  v.arbitrated = false;
  v.state = state_;
  v.status = status_;
  v.since = since_;
  v.lease_ms = lease_ms(now);
  if (v.lease_ms > 0) v.epoch = epoch_;
  v.max_epoch_seen = epoch_;
  v.eligible = state_ == State::kActive;
  v.reason = reason_;
  v.guard = "none";
  show_alarms(v);
  if (auto writer = only_writer()) v.writer = nodes_[*writer].config().name;
  v.arbiter.kind = "none";
  v.nodes = views_of(nodes_);
  v.promotions = promotions_;
  v.counters = counters_;
  return v;
}

ecv::Report Watched::report(base::Instant now) const {
  ecv::Report r;
  r.pool = config_->name;
  r.site = site_->site;
  r.state = reported(state_);
  r.pool_status = status_;
  r.lease_ms = lease_ms(now);
  if (r.lease_ms > 0) r.epoch = epoch_;
  r.max_epoch_seen = epoch_;
  r.eligible = state_ == State::kActive;
  r.guard = "none";
  report_looks(r, nodes_);
  r.arbiter = "none";
  return r;
}

// Nothing is done here that a mode would keep it from.
void Watched::take(const ModeSet& e) {
  journal(base::Level::kWarn, "pool.command", "mode " + std::string(core::name(e.mode)),
          {{"who", e.who}, {"reason", e.reason}});
}

void Watched::take(const Command& e) {
  bool ok = false;
  std::string text;
  switch (e.operation) {
    case Operation::kSetOffline: text = set_offline(e, ok); break;
    case Operation::kSetOnline: text = set_online(e, ok); break;
    case Operation::kRecover:
      recover(e);
      ok = true;
      text = "recovered";
      break;
    default:
      text = order(e, ok).value_or("a pool of kind " + config_->kind +
                                   " has no such order: its nodes are watched only, and no site hands the writer to "
                                   "another; set-offline, set-online and recover are known");
  }
  journal(base::Level::kWarn, "pool.command", std::string(core::name(e.operation)),
          {{"who", e.who}, {"reason", e.reason}, {"outcome", text}});
  emit(CommandReply{e.id, ok, std::move(text)});
}

std::string Watched::set_offline(const Command& e, bool& ok) {
  if (!e.node || *e.node >= nodes_.size()) return "no such node";
  Node& node = nodes_[*e.node];
  ok = true;
  node.set_offline();
  tell_node(node);
  record_.set_offline(node.config().name, true);
  record_.maint = std::all_of(nodes_.begin(), nodes_.end(),
                              [](const Node& n) { return !n.config().local || n.state() == NodeState::kMaint; });
  return node.config().name + " is in MAINT; it is left out, and nothing was changed at it";
}

std::string Watched::set_online(const Command& e, bool& ok) {
  if (!e.node || *e.node >= nodes_.size()) return "no such node";
  Node& node = nodes_[*e.node];
  if (node.state() != NodeState::kMaint) return node.config().name + " is not in MAINT";
  ok = true;
  node.set(NodeState::kUnknown);
  record_.set_offline(node.config().name, false);
  record_.maint = false;
  return node.config().name + " is back; it serves once a poll finds it well";
}

void Watched::recover(const Command& e) {
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    if (!e.node || *e.node == i) nodes_[i].recover(now_);
  }
  if (!e.node && isolation_.clear(*checkpoints_)) clear_alarm("checkpoints");
}

}  // namespace core
