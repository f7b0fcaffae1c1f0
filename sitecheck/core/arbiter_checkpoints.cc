#include "sitecheck/core/arbiter_checkpoints.h"

#include <algorithm>

#include "sitecheck/core/mutation.h"

namespace core {

using ecv::AnswerKind;
using ecv::Want;

namespace {

constexpr base::Duration kCandidacy = base::seconds(1);  // section 3: 1 s, and never less than four intervals

}  // namespace

ArbiterCheckpoints::ArbiterCheckpoints(Seat& seat) : Arbiter(seat), silence_(timing(), now()), credit_(timing()) {}

void ArbiterCheckpoints::gap() {
  if (mutant(Mutation::kNoGapReset)) return;
  count(Counter::kGapReset);
  silence_.reset(now());
  credit_.cancel();
}

void ArbiterCheckpoints::take(const Checkpoints::Verdict& v) {
  if (v.quorum) {
    silence_.round_ok(v.begun_at, now());
    if (holds()) credit_.round_ok(v.begun_at, peer().link.spoke_at(), now());
    return;
  }
  credit_.round_failed();
  if (now() - silence_.since() > timing().window()) count(Counter::kSilenceReset);
  silence_.round_failed(now());
}

void ArbiterCheckpoints::heard(const Peer& /*p*/) {
  silence_.reset(now());                               // rule 2: any verified message
  count(Counter::kCreditCancelled, credit_.cancel());  // rule 3
}

void ArbiterCheckpoints::noted(const Peer& /*p*/) {
  if (peers().may_write(now()) != nullptr) granted_at_.reset();
}

void ArbiterCheckpoints::unverifiable() {
  if (mutant(Mutation::kRefusedPeerIsDead)) return;
  // Rule 10: a refused peer is not a dead peer.
  count(Counter::kBadPeerInhibit);
  silence_.reset(now());
}

void ArbiterCheckpoints::relayed(base::Instant heard_at) {
  if (heard_at <= silence_.since()) return;
  if (heard_at - silence_.since() > timing().window()) count(Counter::kRelayInhibit);
  silence_.inhibit(heard_at);
}

std::optional<std::string> ArbiterCheckpoints::refuse(const Peer& /*p*/, const ecv::Datagram& /*d*/) {
  return std::nullopt;
}

// A grant promises: closed, and neither a promotion nor another grant until T_promote from now. heard() has begun that
// time. What we asked for ourselves is void (rule 4); a release to a mere standby may still come.
void ArbiterCheckpoints::granted(const Peer& /*p*/, const ecv::Datagram& d) {
  if (mutant(Mutation::kKeptCandidacy)) return;
  if (d.want == Want::kPromote) {
    granted_at_ = now();
    peers().void_requests();
  }
  if (state() != State::kCandidate) return;
  count(Counter::kYielded);
  stop_standing("granted the peer");
}

void ArbiterCheckpoints::answered(Peer& /*p*/, const ecv::PeerLink::Request& request, const ecv::Answer& a) {
  answered_at_ = now();
  switch (a.kind) {
    case AnswerKind::kGrant:
      last_answer_ = "granted";
      if (state() == State::kCandidate && request.want == Want::kPromote) {
        source_ = "grant";
        begin_promotion(Cause::kGrant, request.sent_at);
      } else if (holds() && request.want != Want::kNone && permit().grant(request.sent_at, now())) {
        source_ = "grant";
        renewed(Counter::kRenewedByGrant);
      }
      return;
    case AnswerKind::kRefuse:
      last_answer_ = "refused: " + a.reason.substr(0, 64);
      if (state() != State::kCandidate || request.want != Want::kPromote) return;
      return stop_standing(last_answer_, 2 * timing().interval);
    case AnswerKind::kRelease: last_answer_ = "released"; return take_release(request);
  }
}

// Rule 12: the lease counts from the send of the request that it answers.
void ArbiterCheckpoints::take_release(const ecv::PeerLink::Request& request) {
  if ((state() != State::kStandby && state() != State::kCandidate) || !eligible() || moratorium()) return;
  if (released_lately()) return;
  source_ = "release";
  begin_promotion(Cause::kRelease, request.sent_at);
}

bool ArbiterCheckpoints::moratorium() const {  // rule 5
  return now() - boot_at() < timing().promote_wait && !mutant(Mutation::kNoBootMoratorium);
}

void ArbiterCheckpoints::act() {
  const auto until = credit_.due(now());
  if (!until || !permit().extend(*until)) return;
  source_ = "checkpoints";
  renewed(Counter::kRenewedByCheckpoints);
}

void ArbiterCheckpoints::act_standby() {
  if (!may_substitute()) return;
  source_ = "substitution";
  begin_promotion(Cause::kSubstitution, now() - timing().window());
}

void ArbiterCheckpoints::act_candidate() {
  act_standby();
  if (state() != State::kCandidate) return;
  if (now() - candidate_since() < std::max(kCandidacy, 4 * timing().interval)) return;
  stop_standing("no answer", (site().id < peer().id ? 2 : 4) * timing().interval);
}

bool ArbiterCheckpoints::may_substitute() {
  if (!silence_.elapsed(now()) || !eligible()) return false;
  if (max_seen().counter() == 0) return false;  // rule 15: never by substitution
  if (released_lately()) return false;          // rule 12
  const auto inhibited = [this](Counter by, std::string why) {
    if (!alarmed("silence")) count(by);
    raise_alarm("silence", std::move(why));
    return false;
  };
  if (!site().promote_on_silence) {
    return inhibited(Counter::kHoldInhibit,
                     "the peer is silent; on_silence: hold, a person decides with promote --force");
  }
  if (record().peer_differs) {  // rule 10
    return inhibited(Counter::kConfigInhibit,
                     "the peer is silent, but its configuration was another: not substituted for");
  }
  if (record().peer_unguarded && !config().accept_unfenced) {  // section 5
    return inhibited(Counter::kUnguardedInhibit, "the peer is silent, but has no guard: not substituted for");
  }
  return true;
}

// A peer that is heard is asked.
bool ArbiterCheckpoints::may_stand() {
  if (!peers().any_fresh(now())) return false;
  if (granted_at_ && now() - *granted_at_ < timing().lease) return false;  // the peer is about to promote
  if (!moratorium()) return true;
  count(Counter::kMoratorium);
  return false;
}

bool ArbiterCheckpoints::stand() {
  peers().void_requests();
  return true;
}

void ArbiterCheckpoints::stop() { peers().void_requests(); }

void ArbiterCheckpoints::give_up() {
  credit_.clear();
  silence_.reset(now());
  peers().void_requests();
}

void ArbiterCheckpoints::resume(const LoadedPool::Permit& p, bool active) {
  if (!active) return;
  permit().extend(p.deadline);
  source_ = "an earlier process";
}

bool ArbiterCheckpoints::can_release(const Peer* target) const {
  const Peer& to = target == nullptr ? peer() : *target;
  if (!peers().fresh(to, now()) || to.link.peer_nonce() == 0) return false;
  return to.link.said()->state == ecv::PoolState::kStandby && to.link.said()->eligible;
}

// The answer to the target's latest request. From here on this site neither stands nor substitutes for T_promote.
void ArbiterCheckpoints::release(Peer* target) {
  Peer& to = target == nullptr ? peer() : *target;
  peers().void_requests();
  set_released();
  silence_.reset(now());
  count(Counter::kReleased);
  ecv::Answer out;
  out.nonce = to.link.peer_nonce();
  out.kind = AnswerKind::kRelease;
  out.epoch = max_seen();
  journal("pool.release", "released the writer to the peer", {{"to", to.name}});
  send(to, std::move(out));
}

Want ArbiterCheckpoints::want() const {
  if (state() == State::kCandidate) return Want::kPromote;
  return holds() ? Want::kRenew : Want::kNone;
}

bool ArbiterCheckpoints::connected() const {
  return peer().link.heard_at() && now() - *peer().link.heard_at() <= timing().lease;
}

// Rule 9: fast rounds only while the peer is silent; they begin W after its last word, when the first can be credited.
std::optional<base::Instant> ArbiterCheckpoints::fast_rounds_from() const {
  const auto spoke = peer().link.spoke_at();
  return spoke ? *spoke + timing().window() : boot_at();
}

void ArbiterCheckpoints::deadlines(Earliest& next) const {
  next.consider(credit_.next());
  if (state() != State::kStandby && state() != State::kCandidate) return;
  next.consider(silence_.due());
  next.consider(boot_at() + timing().promote_wait);
}

ArbiterView ArbiterCheckpoints::view(base::Instant /*now*/) const {
  ArbiterView v;
  v.kind = "checkpoints";
  if (permit().until()) v.source = source_;
  v.voters.push_back({peer().name, false, last_answer_, answered_at_});
  v.silent_since = silence_.since();
  v.rounds_since = silence_.rounds_since();
  return v;
}

}  // namespace core
