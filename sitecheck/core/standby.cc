// STANDBY and CANDIDATE: when this site asks for the writer, and when it takes the place of a dead peer
// (protocol.md rules 2, 5, 9, 10, 14 and 15; section 5 on guards).
#include <algorithm>

#include "sitecheck/core/pool.h"

namespace core {

namespace {

constexpr base::Duration kCandidacy = base::seconds(1);  // section 3: 1 s, and never less than four intervals

}  // namespace

void Pool::act_standby() {
  if (record_.quarantined) return go(State::kQuarantined, "errant transactions");
  if (!link_) {
    if (eligible_ && (checkpoints_->none() || checkpoints_->quorum().value_or(false))) {
      begin_promotion(Cause::kSelf, now_);
    }
    return;
  }
  act_following();
  if (state_ != State::kStandby) return;
  if (may_substitute()) return begin_promotion(Cause::kSubstitution, now_ - timing().window());
  if (may_stand()) stand();
}

bool Pool::may_substitute() {
  if (!silence_.elapsed(now_) || !eligible_) return false;
  if (max_seen_.counter() == 0) return false;                                      // rule 15: never by substitution
  if (released_at_ && now_ - *released_at_ < timing().promote_wait) return false;  // rule 12
  if (!site_->promote_on_silence) {
    if (!alarms_.contains("silence")) counters_.add(Counter::kHoldInhibit);
    raise_alarm("silence", "the peer is silent; on_silence: hold, a person decides with promote --force");
    return false;
  }
  if (record_.peer_differs) {  // rule 10
    if (!alarms_.contains("silence")) counters_.add(Counter::kConfigInhibit);
    raise_alarm("silence", "the peer is silent, but its configuration was another: not substituted for");
    return false;
  }
  if (record_.peer_unguarded && !config_->accept_unfenced) {  // section 5
    if (!alarms_.contains("silence")) counters_.add(Counter::kUnguardedInhibit);
    raise_alarm("silence", "the peer is silent, but has no guard: not substituted for");
    return false;
  }
  return true;
}

// A peer that is heard, and neither writes nor is about to.
bool Pool::may_stand() {
  if (peer_fresh()) clear_alarm("silence");
  if (!peer_fresh() || peer_may_write() || !eligible_ || now_ < stand_after_) return false;
  if (granted_at_ && now_ - *granted_at_ < timing().lease) return false;           // the peer is about to promote
  if (released_at_ && now_ - *released_at_ < timing().promote_wait) return false;  // rule 12
  if (live_owner()) return false;                                                  // rule 14: a relay knows better
  if (moratorium()) {
    counters_.add(Counter::kMoratorium);
    return false;
  }
  const bool rival = link_->said()->eligible;
  switch (rank()) {
    case Rank::kDiverged:
      if (!rival) return true;  // the peer cannot stand: the loss is reported at the promotion
      raise_alarm("diverged", "both sites hold transactions that the other lacks; nobody is promoted");
      return false;
    case Rank::kBehind:
      if (rival) return false;  // rule 13: it would refuse, and stands itself
      break;
    case Rank::kAhead: clear_alarm("diverged"); return true;
    case Rank::kEqual: break;
  }
  clear_alarm("diverged");
  // The lower id stands first, the other waits 4 I (rule 15; with both eligible it avoids rival candidacies).
  if (!rival || site_->id < site_->peers.front().id) return true;
  return no_writer_since_ && now_ - std::max(*no_writer_since_, since_) >= 4 * timing().interval;
}

void Pool::stand() {
  link_->void_requests();
  candidate_since_ = now_;
  go(State::kCandidate, "no writer");
}

void Pool::act_candidate() {
  if (may_substitute()) return begin_promotion(Cause::kSubstitution, now_ - timing().window());
  if (!eligible_) return stop_standing("not eligible: " + why_not_);
  if (peer_may_write()) return stop_standing("the peer is the writer");
  if (now_ - candidate_since_ < std::max(kCandidacy, 4 * timing().interval)) return;
  stop_standing("no answer");
  stand_after_ = now_ + (site_->id < site_->peers.front().id ? 2 : 4) * timing().interval;
}

// Whatever was asked for is void (rule 4).
void Pool::stop_standing(std::string reason) {
  link_->void_requests();
  go(State::kStandby, std::move(reason));
}

}  // namespace core
