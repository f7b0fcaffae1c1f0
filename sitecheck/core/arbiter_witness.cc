#include "sitecheck/core/arbiter_witness.h"

#include <algorithm>

#include "sitecheck/core/mutation.h"

namespace core {

using ecv::AnswerKind;
using ecv::Want;
using Verdict = ecv::Vote::Verdict;

namespace {

constexpr base::Duration kCandidacy = base::seconds(1);  // section 3: 1 s, and never less than four intervals

}  // namespace

ArbiterWitness::ArbiterWitness(Seat& seat)
    : Arbiter(seat),
      own_(mutant(Mutation::kNoBootMoratorium) ? now() - timing().grant_wait : now()),
      voters_(peers().all().size()) {}

std::size_t ArbiterWitness::reachable() const {
  const auto& all = peers().all();
  return 1 + static_cast<std::size_t>(
                 std::count_if(all.begin(), all.end(), [this](const Peer& p) { return peers().fresh(p, now()); }));
}

bool ArbiterWitness::moratorium() const {  // rule 5: what an earlier process promised is not known
  return !resumed_ && now() - boot_at() < timing().grant_wait && !mutant(Mutation::kNoBootMoratorium);
}

Verdict ArbiterWitness::ask_own(std::string_view for_site, base::Duration grant_wait) {
  if (mutant(Mutation::kFickleVoter)) own_.release(own_.holder(now()));
  return own_.ask(for_site, grant_wait, now());
}

void ArbiterWitness::vote_for_self() {
  if (ask_own(site().site, timing().grant_wait) == Verdict::kGranted) own_asked_ = now();
}

// Rules 6 and 13 have been weighed: this site is closed, and has no better claim.
std::optional<std::string> ArbiterWitness::refuse(const Peer& p, const ecv::Datagram& d) {
  if (d.grant_wait_ms == 0) return "another arbiter";
  // Rule 10: the renewals of the present holder go on.
  if (p.differs && (d.want == Want::kPromote || own_.holder(now()) != p.name)) return "config";
  // Rule 4: a candidate that grants gives up its own vote with its candidacy.
  if (state() == State::kCandidate) own_.release(site().site);
  // The promise lasts as long as the one that asks counts on: its times may be others while a change is half-done.
  switch (ask_own(p.name, std::max(timing().grant_wait, base::Duration(base::milliseconds(d.grant_wait_ms))))) {
    case Verdict::kGranted: return std::nullopt;
    case Verdict::kMoratorium: count(Counter::kMoratorium); return "moratorium";
    case Verdict::kHeld: break;
  }
  return ("promised to " + std::string(own_.holder(now()))).substr(0, 64);
}

void ArbiterWitness::granted(const Peer& /*p*/, const ecv::Datagram& /*d*/) {
  if (state() != State::kCandidate || mutant(Mutation::kKeptCandidacy)) return;
  count(Counter::kYielded);
  stop_standing("granted a rival");
}

void ArbiterWitness::given_back(const Peer& p) {
  if (own_.holder(now()) == p.name) count(Counter::kVoteGivenBack);
  own_.release(p.name);
}

void ArbiterWitness::answered(Peer& p, const ecv::PeerLink::Request& request, const ecv::Answer& a) {
  auto& voter = voters_[static_cast<std::size_t>(&p - peers().all().data())];
  if (a.kind == AnswerKind::kRelease || request.want == Want::kNone || request.want == Want::kRelease) return;
  voter.answered_at = now();
  voter.refused = a.kind == AnswerKind::kRefuse;
  voter.answer = voter.refused ? "refused: " + a.reason.substr(0, 64) : "granted";
  if (voter.refused) return refused(p, a);
  // Rule 10: the vote of a site with another configuration keeps a writer, but makes none.
  if (state() == State::kCandidate && (request.want != Want::kPromote || p.differs)) return;
  voter.granted = std::max(voter.granted.value_or(request.sent_at), request.sent_at);
  if (holds()) renew();  // a candidacy is decided by act_candidate(), when all that was heard has been weighed
}

void ArbiterWitness::refused(const Peer& p, const ecv::Answer& a) {
  if (state() != State::kCandidate) return;
  // Rule 13: it holds more, and stands itself.
  if (a.reason == "behind" || a.reason == "diverged") return stop_standing(p.name + ": " + a.reason, retry());
  const auto against =
      static_cast<std::size_t>(std::count_if(voters_.begin(), voters_.end(), [](const Voter& v) { return v.refused; }));
  if (voters_.size() + 1 - against < quorum()) stop_standing("refused: " + a.reason.substr(0, 64), retry());
}

// Rule 1: the lease counts from the send. The voter that was asked last of those that are needed decides.
std::optional<base::Instant> ArbiterWitness::majority() const {
  auto& asked = asked_;
  asked.clear();
  if (own_asked_) asked.push_back(*own_asked_);
  for (const auto& v : voters_) {
    if (v.granted) asked.push_back(*v.granted);
  }
  if (asked.size() < quorum()) return std::nullopt;
  std::sort(asked.begin(), asked.end(), std::greater<>());
  return asked[quorum() - 1];
}

void ArbiterWitness::renew() {
  const auto from = majority();
  if (from && permit().grant(*from, now())) renewed(Counter::kRenewedByVotes);
}

void ArbiterWitness::act() {
  if (holds() || state() == State::kCandidate) {
    if (!own_asked_ || now() - *own_asked_ >= timing().interval) vote_for_self();
    if (holds()) renew();
    return;
  }
  if (!owes_ || state() == State::kFencing || !closed()) return;
  if (!giving_since_) {
    giving_since_ = now();
    own_.release(site().site);
  }
  if (now() - *giving_since_ > timing().grant_wait) owes_ = false;
}

Want ArbiterWitness::want() const {
  if (state() == State::kCandidate) return Want::kPromote;
  if (holds()) return Want::kRenew;
  return owes_ && giving_since_ && closed() ? Want::kRelease : Want::kNone;
}

bool ArbiterWitness::may_stand() {
  if (held_back_by_silence()) return false;
  if (moratorium()) {
    count(Counter::kMoratorium);
    return false;
  }
  if (const auto holder = own_.holder(now()); !holder.empty() && holder != site().site) return false;
  if (reachable() < quorum()) {
    raise_alarm("quorum", "no majority of the voters is heard: " + std::to_string(reachable()) + " of " +
                              std::to_string(voters_.size() + 1));
    return false;
  }
  clear_alarm("quorum");
  return true;
}

void ArbiterWitness::forget_votes() {
  peers().void_requests();
  own_asked_.reset();
  for (auto& v : voters_) {
    v.granted.reset();
    v.refused = false;
  }
}

bool ArbiterWitness::stand() {
  forget_votes();
  vote_for_self();
  if (!own_asked_) return false;
  owes_ = false;
  return true;
}

void ArbiterWitness::act_candidate() {
  if (const auto from = majority()) begin_promotion(Cause::kVotes, *from);
  if (state() != State::kCandidate) return;
  if (now() - candidate_since() < std::max(kCandidacy, 4 * timing().interval)) return;
  stop_standing("no majority", retry());
}

void ArbiterWitness::stop() {
  forget_votes();
  own_.release(site().site);
  owes_ = true;
  giving_since_.reset();
}

// Our own vote stays ours until the database is closed.
void ArbiterWitness::give_up() {
  forget_votes();
  owes_ = true;
  giving_since_.reset();
}

// Who held a permit had its own vote, and gave it to nobody since (rule 6).
void ArbiterWitness::resume(const LoadedPool::Permit& p, bool active) {
  if (!active) return;
  permit().extend(p.deadline);
  own_.resume(site().site, timing().grant_wait, now());
  resumed_ = true;
  owes_ = false;
}

// This site stands back, so that another takes the votes. They go out with the datagrams that name the target: it asks
// for them as soon as it hears that.
void ArbiterWitness::release(Peer* target) {
  stand_back(target, "gave the votes back");
  act();
}

void ArbiterWitness::deadlines(Earliest& next) const {
  if (holds() && own_asked_) next.consider(*own_asked_ + timing().interval);
  if (state() != State::kStandby && state() != State::kCandidate) return;
  next.consider(own_.until());
  next.consider(boot_at() + timing().grant_wait);
}

ArbiterView ArbiterWitness::view(base::Instant at) const {
  ArbiterView v;
  v.kind = "witness";
  if (permit().until()) v.source = resumed_ && !majority() ? "an earlier process" : "votes";
  v.quorum = static_cast<int>(quorum());
  v.vote_holder = own_.holder(at);
  if (!v.vote_holder.empty()) v.vote_until = own_.until();
  v.voters.push_back({site().site, false, own_asked_ ? "granted" : "", own_asked_});
  for (std::size_t i = 0; i < voters_.size(); ++i) {
    const Peer& p = peers().all()[i];
    v.voters.push_back({p.name, p.witness(), voters_[i].answer, voters_[i].answered_at});
  }
  return v;
}

}  // namespace core
