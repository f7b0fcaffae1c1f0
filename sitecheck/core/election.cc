// Who grants whom (protocol.md rules 1, 4, 6, 12 and 13).
#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

using ecv::AnswerKind;
using ecv::Want;

void Pool::answer(Peer& p, const ecv::Datagram& d) {
  ecv::Answer out;
  out.nonce = d.nonce;
  if (auto no = refusal(p, d)) {
    out.kind = AnswerKind::kRefuse;
    out.reason = std::move(*no);
    counters_.add(Counter::kRefused);
  } else {
    out.kind = AnswerKind::kGrant;
    counters_.add(Counter::kGranted);
    arbiter_->granted(p, d);
  }
  std::vector<ecv::Answer> answers;
  answers.push_back(std::move(out));
  send(p, std::move(answers), false);
}

// Why the peer gets no grant; nothing if it does.
std::optional<std::string> Pool::refusal(const Peer& p, const ecv::Datagram& d) {
  if (p.witness()) return "no site";
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
  if (d.want == Want::kPromote) {
    if (auto no = refusal_to_candidate(p)) return no;
  }
  return arbiter_->refuse(p, d);
}

std::optional<std::string> Pool::refusal_to_candidate(const Peer& p) {
  if (!could_stand()) return std::nullopt;  // it cannot stand itself: a loss is reported by the one that promotes
  switch (rank(p)) {
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
  if (state_ == State::kCandidate && site_->id < p.id) return "rival";
  return std::nullopt;
}

// Whether this site, closed as it is, could become the writer soon. If not, its data cannot be what is waited for.
bool Pool::could_stand() const {
  const Node* node = best();
  if (node == nullptr || status_ == ecv::PoolStatus::kFail || !node->position_known()) return false;
  if (passive() || node->config().promote == PromoteWish::kNever) return false;
  if (released_lately()) return false;
  switch (state_) {
    case State::kStandby:
    case State::kCandidate: return eligible_;
    case State::kInit:
    case State::kFenced:
      return node->answers() && !node->failed() && !node->flapping() && !maint_wanted_ && !flap_blocked();
    default: return false;
  }
}

bool Pool::released_lately() const { return released_at_ && now_ - *released_at_ < arbiter_->release_wait(); }

Pool::Rank Pool::rank(const Peer& p) const {
  const Node* node = best();
  const GtidSet empty;
  const GtidSet& mine = node == nullptr ? empty : node->position();
  const GtidSet& theirs = p.position();
  const bool all_of_theirs = mine.contains(theirs);
  const bool all_of_mine = theirs.contains(mine);
  if (all_of_theirs && all_of_mine) return Rank::kEqual;
  if (all_of_theirs) return Rank::kAhead;
  return all_of_mine ? Rank::kBehind : Rank::kDiverged;
}

void Pool::take_answer(Peer& p, const ecv::Answer& a) {
  const auto* request = p.link.open_request(a.nonce);
  const bool late = mutant(Mutation::kLateRelease) && a.kind == AnswerKind::kRelease;
  if (request == nullptr && !late) return;
  const auto asked = late ? ecv::PeerLink::Request{a.nonce, now_, Want::kNone, false} : *request;
  if (a.kind == AnswerKind::kRelease) {
    observe(a.epoch, "a release");
    update_eligible();
  }
  arbiter_->answered(p, asked, a);
}

bool Pool::can_release() const {
  const Peer* target = switchover_ ? peers_.find(switchover_->target) : nullptr;
  return epoch_known_ && arbiter_->can_release(target);
}

// After the fence of a failed writer, and at the end of a switchover: the target need not ask (rule 12). Irrevocable:
// from here on this site stands back.
void Pool::release_to_peer() {
  if (can_release()) arbiter_->release(switchover_ ? peers_.find(switchover_->target) : nullptr);
}

}  // namespace core
