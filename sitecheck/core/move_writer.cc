// The writer moves to another node of its own site (`move-role`): a switchover whose target needs no release, since the
// permit stays with the site. The old node is closed and read first, the other opens under a new epoch (protocol.md
// section 3).
#include <utility>

#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

void Pool::move_writer(const Command& e) {
  const auto limit = e.limit.value_or(config_->switchover_limit);
  const auto against = against_move(e.node, limit);
  const std::string to = e.node && *e.node < nodes_.size() ? nodes_[*e.node].config().name : "";
  journal(base::Level::kWarn, "pool.command", e.dry_run ? "move-role --dry-run" : "move-role",
          {{"who", e.who},
           {"reason", e.reason},
           {"target", to},
           {"outcome", against.empty() ? "nothing stands against it" : against.front()}});
  if (!e.dry_run && against.empty()) return begin_move(*e.node, e.reason, e.id, limit);
  std::string text;
  if (e.dry_run && !to.empty()) {
    text = "stop the writes; wait until " + to + " holds every transaction, at most " + base::format_duration(limit) +
           ", else open again; open " + to + " with a new epoch; the node that writes now becomes its replica";
  }
  if (!against.empty()) {
    text += (text.empty() ? "" : "\n") + std::string("against it:");
    for (const auto& reason : against) text += "\n- " + reason;
  }
  emit(CommandReply{e.id, against.empty(), std::move(text)});
}

// Everything that stands against it, not only the first.
std::vector<std::string> Pool::against_move(std::optional<NodeIndex> to, base::Duration limit) const {
  std::vector<std::string> out;
  if (state_ != State::kActive) {
    out.push_back("the pool is " + std::string(core::name(state_)) + " at " + site_->site +
                  ": the writer is moved at the site that is ACTIVE");
  }
  if (!to || *to >= nodes_.size() || !nodes_[*to].config().local) {
    out.emplace_back("the target is no node of this site");
    return out;
  }
  const Node& node = nodes_[*to];
  const auto& name = node.config().name;
  if (writer_ == to) {
    out.push_back(name + " is the writer already");
    return out;
  }
  if (node.config().promote == PromoteWish::kNever) out.push_back(name + " has promote: never");
  if (auto why = node.unfit(config_->max_lag); !why.empty()) out.push_back(std::move(why));
  if (following_[*to].errant) out.push_back(name + " holds transactions that the writer lacks");
  if (!node.replicating()) out.push_back(name + " does not replicate");
  if (!guard_alive_) out.emplace_back("the guard does not answer");
  const auto behind = past_.behind(node.position(), now_);
  if (!behind) {
    out.push_back(name + " lacks transactions that are older than " + base::format_duration(past_.remembered(now_)) +
                  ", which is as far back as can be told");
  } else if (*behind >= limit) {
    out.push_back(name + " is " + base::format_duration(*behind) + " behind, and must catch up within " +
                  base::format_duration(limit));
  }
  return out;
}

void Pool::begin_move(NodeIndex to, std::string reason, std::optional<std::uint64_t> command, base::Duration limit) {
  counters_.add(Counter::kSwitchover);
  Switchover s;
  s.command = command;
  s.target = key_of(site_->site, to);
  s.node = to;
  s.reason = std::move(reason);
  s.limit = limit;
  switchover_ = std::move(s);
  close_for_switchover();
}

std::string Pool::move_target_lost() const {
  const Node& node = nodes_[*switchover_->node];
  if (!guard_alive_) return "the guard does not answer";
  if (node.failed() || !node.answers()) return node.config().name + " does not answer";
  return node.unfit(std::nullopt);
}

// Looked at often, so that the time without writes is short.
void Pool::watch_move_target() {
  auto& s = *switchover_;
  if (s.step != SwitchoverStep::kCatchingUp) return;
  if (s.looked_at && now_ - *s.looked_at < kDrainLook) return;
  s.looked_at = now_;
  emit(ProbeNow{index_, *s.node});
}

// The permit is this site's and stays; what the mapping says of it goes, since a restart from here on must close both.
void Pool::hand_over_here() {
  auto& s = *switchover_;
  if (!mutant(Mutation::kPermitKept)) emit(ClearPermit{index_});
  for (auto& node : nodes_) {
    if (!node.config().local) continue;
    node.set_closed(true);
    if (node.state() == ecv::NodeState::kActive) node.set(ecv::NodeState::kStandby);
  }
  if (s.then_offline) {
    nodes_[*writer_].set_offline();
    record_.set_offline(nodes_[*writer_].config().name, true);
  }
  s.looked_at.reset();
  opened_ = false;
  follows_ = false;
  sample_.reset();
  failed_writer_ = false;
  planned_ = true;
  note_semi_sync(SemiSync::kUnknown, 0);
  forget_following();
  writer_ = *s.node;
  past_.clear();
  past_.note(nodes_[*writer_].gtid(), nodes_[*writer_].position(), now_, timing().lease);
  ++attempt_;
  promote_epoch_ = next_epoch();
  switchover_step(SwitchoverStep::kOpening);
  go(State::kPromoting, "the writer moves to " + nodes_[*writer_].config().name + ": " + s.reason);
  next_promotion_step(PromoteStep::kArmGuard);
}

void Pool::moved() {
  end_switchover(true, nodes_[*writer_].config().name + " writes with epoch " + std::to_string(epoch_.counter()) +
                           "; no writes for at most " + std::to_string(base::to_ms(now_ - switchover_->began)) + " ms" +
                           (switchover_->then_offline ? "; the node that wrote is in MAINT" : ""));
}

// `failback: auto`: once a node that comes before the writer has been well for as long as it should, the writer moves
// there, as by `move-role`. Only within a site: between sites there is no failback (protocol.md section 4).
void Pool::act_failback() {
  if (!config_->failback_after) return;
  const auto to = site_->mode == Mode::kActive ? comes_before_writer() : std::nullopt;
  if (to != failback_to_) {
    failback_to_ = to;
    failback_since_ = now_;
  }
  if (!to || now_ - failback_since_ < *config_->failback_after) return;
  if (!against_move(to, config_->switchover_limit).empty()) return;  // told when it is ordered by a person
  failback_since_ = now_;                                            // in vain, it is not tried again at once
  begin_move(*to,
             "failback: " + nodes_[*to].config().name + " has been well for " +
                 base::format_duration(*config_->failback_after),
             std::nullopt, config_->switchover_limit);
}

// The foremost that is well.
std::optional<NodeIndex> Pool::comes_before_writer() const {
  std::optional<NodeIndex> best;
  for (NodeIndex i = 0; i < nodes_.size(); ++i) {
    const Node& node = nodes_[i];
    if (!node.config().local || node.config().promote == PromoteWish::kNever || !comes_before(i, *writer_)) continue;
    if (node.state() != ecv::NodeState::kStandby || !node.replicating() || following_[i].errant) continue;
    if (!node.unfit(config_->max_lag).empty()) continue;
    if (!best || comes_before(i, *best)) best = i;
  }
  return best;
}

// By its wish, then by its priority.
bool Pool::comes_before(NodeIndex a, NodeIndex b) const {
  const auto rank = [this](NodeIndex i) {
    const auto& config = nodes_[i].config();
    return std::pair(config.promote != PromoteWish::kPrefer, config.priority);
  };
  return rank(a) < rank(b);
}

}  // namespace core
