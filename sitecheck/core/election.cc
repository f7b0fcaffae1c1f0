// Who grants whom (protocol.md rules 1, 4, 6, 12 and 13).
#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

using ecv::AnswerKind;
using ecv::Want;

void Pool::answer(const ecv::Datagram& d) {
  ecv::Answer out;
  out.nonce = d.nonce;
  if (auto no = refusal(d)) {
    out.kind = AnswerKind::kRefuse;
    out.reason = std::move(*no);
    counters_.add(Counter::kRefused);
  } else {
    out.kind = AnswerKind::kGrant;
    counters_.add(Counter::kGranted);
    // A grant promises: closed, and neither a promotion nor another grant until T_promote from now. heard() has begun
    // that time. What we asked for ourselves is void (rule 4); a release to a mere standby may still come.
    if (d.want == Want::kPromote && !mutant(Mutation::kKeptCandidacy)) {
      granted_at_ = now_;
      link_->void_requests();
    }
    if (state_ == State::kCandidate && !mutant(Mutation::kKeptCandidacy)) {
      counters_.add(Counter::kYielded);
      stop_standing("granted the peer");
    }
  }
  send({std::move(out)}, false);
}

// Why the peer gets no grant; nothing if it does.
std::optional<std::string> Pool::refusal(const ecv::Datagram& d) {
  if (d.nonce == 0) return "no nonce";
  switch (state_) {
    case State::kPromoting:
    case State::kActive:
    case State::kDraining:
    case State::kFencing:
      if (mutant(Mutation::kActiveGrants) && state_ == State::kActive) return std::nullopt;
      if (mutant(Mutation::kDrainingGrants) && state_ == State::kDraining) return std::nullopt;
      return std::string(core::name(state_));  // rule 6: never
    default: break;
  }
  // Rule 6: also while the database is down or hung, if it was last confirmed closed and not opened since.
  if (!all_closed()) return "not confirmed read-only";
  if (d.want != Want::kPromote) return std::nullopt;
  return refusal_to_candidate();
}

std::optional<std::string> Pool::refusal_to_candidate() {
  if (!could_stand()) return std::nullopt;  // it cannot stand itself: a loss is reported by the one that promotes
  switch (rank()) {
    case Rank::kAhead: counters_.add(Counter::kElectionRefusal); return "behind";
    case Rank::kDiverged:
      counters_.add(Counter::kDiverged);
      raise_alarm("diverged", "both sites hold transactions that the other lacks; nobody is promoted");
      return "diverged";
    case Rank::kBehind: return std::nullopt;
    case Rank::kEqual: break;
  }
  // Two candidates with the same data: the lower id wins. (That alone would hide a candidacy kept, so both rules go.)
  if (mutant(Mutation::kKeptCandidacy)) return std::nullopt;
  if (state_ == State::kCandidate && site_->id < site_->peers.front().id) return "rival";
  return std::nullopt;
}

// Whether this site, closed as it is, could become the writer soon. If not, its data cannot be what is waited for.
bool Pool::could_stand() const {
  const Node* node = best();
  if (node == nullptr || status_ == ecv::PoolStatus::kFail || !node->position_known()) return false;
  if (released_at_ && now_ - *released_at_ < timing().promote_wait) return false;
  switch (state_) {
    case State::kStandby:
    case State::kCandidate: return eligible_;
    case State::kInit:
    case State::kFenced:
      return node->answers() && !node->failed() && !node->flapping() && !maint_wanted_ && !flap_blocked();
    default: return false;
  }
}

Pool::Rank Pool::rank() const {
  const Node* node = best();
  const GtidSet empty;
  const GtidSet& mine = node == nullptr ? empty : node->position();
  const GtidSet& theirs = peer_position();
  const bool all_of_theirs = mine.contains(theirs);
  const bool all_of_mine = theirs.contains(mine);
  if (all_of_theirs && all_of_mine) return Rank::kEqual;
  if (all_of_theirs) return Rank::kAhead;
  return all_of_mine ? Rank::kBehind : Rank::kDiverged;
}

void Pool::take_answer(const ecv::Answer& a) {
  const auto* request = link_->open_request(a.nonce);
  const bool late = mutant(Mutation::kLateRelease) && a.kind == AnswerKind::kRelease;
  if (request == nullptr && !late) return;
  const auto sent_at = late ? now_ : request->sent_at;
  switch (a.kind) {
    case AnswerKind::kGrant:
      if (state_ == State::kCandidate && request->want == Want::kPromote) {
        begin_promotion(Cause::kGrant, sent_at);
      } else if (state_ == State::kPromoting || state_ == State::kActive || state_ == State::kDraining) {
        if (request->want == Want::kNone || !permit_.grant(sent_at, now_)) return;
        counters_.add(Counter::kRenewedByGrant);
        set_permit();
      }
      return;
    case AnswerKind::kRefuse:
      if (state_ != State::kCandidate || request->want != Want::kPromote) return;
      stop_standing("refused: " + a.reason.substr(0, 64));
      stand_after_ = now_ + 2 * timing().interval;
      return;
    case AnswerKind::kRelease:
      // Rule 12: the lease counts from the send of the request that it answers.
      observe(a.epoch, "a release");
      update_eligible();
      if ((state_ != State::kStandby && state_ != State::kCandidate) || !eligible_ || moratorium()) return;
      if (released_at_ && now_ - *released_at_ < timing().promote_wait) return;
      begin_promotion(Cause::kRelease, sent_at);
      return;
  }
}

bool Pool::can_release() const {
  if (!link_ || !peer_fresh() || link_->peer_nonce() == 0 || !epoch_known_) return false;
  const auto& said = *link_->said();
  return said.state == ecv::PoolState::kStandby && said.eligible;
}

// After the fence of a failed writer, and at the end of a switchover: the peer need not ask (rule 12). Irrevocable:
// from here on this site neither stands nor substitutes for T_promote.
void Pool::release_to_peer() {
  if (!can_release()) return;
  link_->void_requests();
  released_at_ = now_;
  silence_.reset(now_);
  counters_.add(Counter::kReleased);
  ecv::Answer out;
  out.nonce = link_->peer_nonce();
  out.kind = AnswerKind::kRelease;
  out.epoch = max_seen_;
  journal(base::Level::kInfo, "pool.release", "released the writer to the peer", {{"to", site_->peers.front().site}});
  send({std::move(out)}, false);
}

}  // namespace core
