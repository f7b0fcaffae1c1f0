// What the mode of the site (mode.h) keeps a pool from.
#include "sitecheck/core/mode.h"

#include "sitecheck/core/pool.h"

namespace core {

void Pool::take(const ModeSet& e) {
  journal(base::Level::kWarn, "pool.command", "mode " + std::string(core::name(e.mode)),
          {{"who", e.who}, {"reason", e.reason}});
  clear_alarm("no_writer");
  if (passive() && e.mode != Mode::kPassive) {  // what was only seen closed is closed now
    for (NodeIndex i = 0; i < nodes_.size(); ++i) {
      if (!nodes_[i].config().local) continue;
      nodes_[i].set_closed(false);
      assert_at_[i].reset();
    }
  }
  send_now_ = true;
}

// Manual: only a writer that another site hands to this one is taken without a word of a person here.
bool Pool::acts_alone() const {
  if (passive()) return false;
  return site_->mode == Mode::kActive || drained_for_us() || peers_.handed_to(site_->site, now_);
}

// A person who forces it also accepts the loss: in modes B and C that is known until the votes are there.
bool Pool::held_by_mode(Cause cause) const { return cause != Cause::kForce && !loss_accepted_ && !acts_alone(); }

// Passive: a node that is not confirmed closed stays as it is, and this site grants nothing (rule 6).
void Pool::watch_open_nodes() {
  for (const auto& node : nodes_) {
    if (!node.config().local || node.closed()) continue;
    return raise_alarm("open", node.config().name +
                                   " is not confirmed read-only, and mode passive does not close it: this site grants "
                                   "nothing until the mode is active or manual again");
  }
}

// Who touches no node can still see that it is closed: what a read-back confirms of a node that this site closed, a
// poll confirms of one that somebody else did. So a passive standby grants after a restart too.
void Pool::found_closed(Node& node) {
  if (node.closed()) return;
  node.set_closed(true);
  if (all_closed()) clear_alarm("open");
}

}  // namespace core
