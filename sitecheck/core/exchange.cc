// Datagrams out and in: what is said every interval, what counts as the peer speaking, what makes a peer suspect
// (protocol.md rules 2, 10, 11 and 14).
#include <algorithm>
#include <utility>

#include "sitecheck/core/mutation.h"
#include "sitecheck/core/pool.h"

namespace core {

namespace {

constexpr std::size_t kMaxRelays = 16;

}  // namespace

void Pool::heard() {
  silence_.reset(now_);                                               // rule 2: any verified message
  counters_.add(Counter::kCreditCancelled, permit_.cancel_rounds());  // rule 3
}

void Pool::take(const PeerDatagram& e) {
  const auto& d = e.datagram;
  if (!link_ || d.from != site_->peers.front().site || d.to != site_->site) return;
  switch (link_->receive(d, e.path, now_)) {
    case PeerLink::Freshness::kStale: counters_.add(Counter::kStale); return;
    case PeerLink::Freshness::kUnproven:
      // Rule 11, and why this is not silence: a peer that restarted and cannot hear us never learns our nonce. If we
      // are ACTIVE it may be about to substitute for us; if we are STANDBY it may be ACTIVE.
      counters_.add(Counter::kUnproven);
      if (!mutant(Mutation::kUnprovenPeerIsSilent)) heard();
      return;
    case PeerLink::Freshness::kAccepted: break;
  }
  heard();
  note_peer(d);
  for (const auto& a : d.answers) take_answer(a);
  if (d.want != ecv::Want::kNone) answer(d);
  yield_to_higher_epoch();
}

void Pool::note_peer(const ecv::Datagram& d) {
  clear_alarm("bad_peer");
  record_.peer_unguarded = d.guard == "none";
  record_.peer_differs = d.config_hash != config_hash_;
  if (record_.peer_differs) {
    raise_alarm("config", "the peer's checkpoints, arbiter or timing differ: it is not substituted for");
  } else {
    clear_alarm("config");
  }
  observe(d.epoch, "the peer");
  observe(d.max_epoch_seen, "the peer");
  if (d.state == ecv::PoolState::kActive || d.state == ecv::PoolState::kDraining) {
    peer_active_at_ = now_;
    peer_active_epoch_ = d.epoch;
    fresh_pair_ = false;
  } else {
    peer_active_at_.reset();  // its own word: what it said before, or a relay of it, is over
  }
  const bool none = !peer_may_write();
  if (!none) {
    no_writer_since_.reset();
    granted_at_.reset();
  } else if (!no_writer_since_) {
    no_writer_since_ = now_;
  }
}

void Pool::take(const PeerUnverifiable& e) {
  if (!link_) return;
  raise_alarm("bad_peer", "something unverifiable on the peer's path: " + std::string(ecv::name(e.fault)));
  if (mutant(Mutation::kRefusedPeerIsDead)) return;
  // Rule 10: a refused peer is not a dead peer.
  counters_.add(Counter::kBadPeerInhibit);
  silence_.reset(now_);
}

void Pool::take(const RelayDatagram& e) {
  if (!link_ || !e.datagram.relay || e.datagram.pool != config_->name || e.datagram.to != site_->site) return;
  const auto& d = e.datagram;
  const auto& relay = *d.relay;
  if (relay.site != site_->peers.front().id) return;
  // Growing seq per process of the dnsd. A new boot id is taken at once: a relay can only hold back (rule 14).
  auto found = relays_.find(d.from);
  if (found == relays_.end()) {
    if (relays_.size() >= kMaxRelays) return;
    found = relays_.emplace(d.from, std::make_pair(d.boot_id, std::uint64_t{0})).first;
  }
  auto& [boot, seq] = found->second;
  if (boot == d.boot_id && d.seq <= seq) return;
  boot = d.boot_id;
  seq = d.seq;
  const auto heard_at = now_ - base::milliseconds(relay.age_ms);
  relay_heard_at_ = std::max(relay_heard_at_.value_or(heard_at), heard_at);
  if (!observe(relay.epoch, "dnsd")) return;
  if (heard_at > silence_.since()) {
    if (heard_at - silence_.since() > timing().window()) counters_.add(Counter::kRelayInhibit);
    silence_.inhibit(heard_at);
  }
  // An epoch that the peer itself has given up is not taken up again: this relay was only slow.
  const bool given_up = !peer_active_at_ && peer_fresh() && relay.epoch.value <= peer_active_epoch_.value;
  if (!given_up && (!peer_active_at_ || heard_at > *peer_active_at_)) {
    peer_active_at_ = heard_at;
    peer_active_epoch_ = relay.epoch;
  }
  yield_to_higher_epoch();
}

bool Pool::hears_peer(base::Instant now) const {
  return link_ && link_->heard_at() && now - *link_->heard_at() <= timing().window();
}

bool Pool::peer_fresh() const { return hears_peer(now_); }

bool Pool::peer_writes() const {
  if (!peer_fresh()) return false;
  const auto s = link_->said()->state;
  return s == ecv::PoolState::kActive || s == ecv::PoolState::kDraining;
}

bool Pool::peer_may_write() const {
  if (!peer_fresh()) return false;
  const auto s = link_->said()->state;
  if (s == ecv::PoolState::kDraining && mutant(Mutation::kDrainingGrants)) return false;
  return s == ecv::PoolState::kPromoting || s == ecv::PoolState::kActive || s == ecv::PoolState::kDraining ||
         s == ecv::PoolState::kFencing;
}

const GtidSet& Pool::peer_position() const {
  static const std::string kUnknown;
  const auto& text = link_ && link_->said() ? link_->said()->position : kUnknown;
  if (text != peer_position_text_) {
    auto parsed = GtidSet::parse(text);
    peer_position_ = parsed ? std::move(*parsed) : GtidSet();
    peer_position_text_ = text;
  }
  return peer_position_;
}

ecv::Want Pool::want() const {
  switch (state_) {
    case State::kCandidate: return ecv::Want::kPromote;
    case State::kPromoting:
    case State::kActive:
    case State::kDraining: return ecv::Want::kRenew;
    default: return ecv::Want::kNone;
  }
}

void Pool::send(std::vector<ecv::Answer> answers, bool request) {
  ecv::Datagram d;
  d.pool = config_->name;
  d.from = site_->site;
  d.to = site_->peers.front().site;
  d.state = reported(state_);
  const bool claims = state_ == State::kActive || state_ == State::kDraining;
  if (claims) d.epoch = epoch_;
  d.max_epoch_seen = max_seen_;
  d.eligible = eligible_;
  if (const Node* node = best()) d.position = node->gtid();
  d.config_hash = config_hash_;
  d.guard = guard_alive_ ? config_->guard : "none";
  position_said_ = d.position;
  if (switchover_ && (state_ == State::kDraining || switchover_->step == SwitchoverStep::kReleased)) {
    d.target = switchover_->target;
  }
  d.want = request ? want() : ecv::Want::kNone;
  // An answer goes out once more with the next datagram, which may overtake it: the receiver takes growing seq only.
  if (!answers.empty()) {
    said_again_ = answers.front();
    said_at_ = now_;
  } else if (said_again_ && now_ - said_at_ <= timing().interval) {
    answers.push_back(*std::exchange(said_again_, std::nullopt));
  }
  d.answers = std::move(answers);
  link_->stamp(d, request, now_);
  if (request) {
    last_send_ = now_;
    send_now_ = false;
  }
  emit(SendPeer{index_, std::move(d)});
}

}  // namespace core
