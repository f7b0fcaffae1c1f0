// STANDBY and CANDIDATE: when this site asks for the writer (protocol.md rules 5, 12 to 15). What the arbiter knows
// besides, substitution for instance, is its own.
#include <algorithm>

#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

void Pool::act_standby() {
  if (record_.quarantined) return go(State::kQuarantined, "errant transactions");
  if (passive()) return;
  if (!peers_.alone()) act_following();
  if (state_ != State::kStandby || !acts_alone()) return;
  arbiter_->act_standby();
  if (state_ == State::kStandby && may_stand()) stand();
}

// Nobody writes, or is about to; and no other site comes first.
bool Pool::may_stand() {
  if (peer_fresh() && arbiter_->by_silence()) clear_alarm("silence");
  if (!eligible_ || now_ < stand_after_ || released_lately()) return false;
  // Rule 14: a relay knows better.
  if ((peer_may_write() || live_owner()) && !mutant(Mutation::kDeafCandidate)) return false;
  // A site hands the writer to another one: that one comes first.
  const auto& all = peers_.all();
  const bool elsewhere = std::any_of(all.begin(), all.end(), [this](const Peer& p) {
    return peers_.fresh(p, now_) && !p.link.said()->target.empty() && p.link.said()->target != site_->site;
  });
  if (elsewhere) return false;
  return arbiter_->may_stand() && !outranked() && !refused_for_loss();
}

// Rule 13, against every other site that is heard and could become the writer itself.
bool Pool::outranked() {
  int before = 0;         // with the same data, and a lower id
  bool diverged = false;  // from one that could stand, or not
  bool disputed = false;
  for (const auto& p : peers_.all()) {
    if (p.witness() || !peers_.fresh(p, now_)) continue;
    const bool rival = p.link.said()->eligible;
    switch (rank(p)) {
      case Rank::kDiverged:
        diverged = true;
        disputed = disputed || rival;
        break;
      case Rank::kBehind:
        if (rival) return true;  // it would refuse, and stands itself
        break;
      case Rank::kAhead: break;
      case Rank::kEqual: before += rival && p.id < site_->id ? 1 : 0; break;
    }
  }
  if (disputed) {
    raise_alarm("diverged", "both sites hold transactions that the other lacks; nobody is promoted");
    return true;
  }
  if (!diverged) clear_alarm("diverged");                 // else the loss is reported at the promotion
  if (peers_.handed_to(site_->site, now_)) return false;  // rule 12: the others stand back
  // The lowest id stands first, each other waits 4 I longer (rule 15; with several eligible it avoids rival
  // candidacies).
  return before > 0 &&
         (!no_writer_since_ || now_ - std::max(*no_writer_since_, since_) < before * 4 * timing().interval);
}

void Pool::stand() {
  if (!arbiter_->stand()) return;
  candidate_since_ = now_;
  go(State::kCandidate, "no writer");
}

void Pool::act_candidate() {
  if (!eligible_) return stop_standing("not eligible: " + why_not_, {});
  if (!acts_alone() && !loss_accepted_) return stop_standing("mode " + std::string(core::name(site_->mode)), {});
  if (peer_may_write() && !mutant(Mutation::kDeafCandidate)) return stop_standing("the peer is the writer", {});
  arbiter_->act_candidate();
}

void Pool::stop_standing(std::string reason, base::Duration wait) {
  arbiter_->stop();
  loss_accepted_ = false;
  go(State::kStandby, std::move(reason));
  if (wait > base::Duration::zero()) stand_after_ = now_ + wait;
}

}  // namespace core
