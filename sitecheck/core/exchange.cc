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

void Pool::take(const PeerDatagram& e) {
  const auto& d = e.datagram;
  Peer* p = d.from.empty() || d.to != site_->site ? nullptr : peers_.find(d.from);
  if (p == nullptr) return;
  switch (p->link.receive(d, e.path, now_)) {
    case ecv::PeerLink::Freshness::kCopy: return;
    case ecv::PeerLink::Freshness::kStale:
      counters_.add(Counter::kStale);
      if (!mutant(Mutation::kStaleRelease)) return;
      for (const auto& a : d.answers) {
        if (a.kind == ecv::AnswerKind::kRelease) take_answer(*p, a);
      }
      return;
    case ecv::PeerLink::Freshness::kUnproven:
      // Rule 11, and why this is not silence: a peer that restarted and cannot hear us never learns our nonce. If we
      // are ACTIVE it may be about to substitute for us; if we are STANDBY it may be ACTIVE.
      counters_.add(Counter::kUnproven);
      if (!mutant(Mutation::kUnprovenPeerIsSilent)) arbiter_->heard(*p);
      return;
    case ecv::PeerLink::Freshness::kAccepted: break;
  }
  arbiter_->heard(*p);
  note_peer(*p, d);
  for (const auto& a : d.answers) take_answer(*p, a);
  if (d.want == ecv::Want::kRelease) {
    arbiter_->given_back(*p);
  } else if (d.want != ecv::Want::kNone) {
    answer(*p, d);
  }
  yield_to_higher_epoch();
}

void Pool::note_peer(Peer& p, const ecv::Datagram& d) {
  note_configuration(p, d);
  if (p.witness()) return arbiter_->noted(p);
  observe(d.epoch, "the peer");
  observe(d.max_epoch_seen, "the peer");
  if (p.said_it_writes()) {
    p.active_at = now_;
    p.active_epoch = d.epoch;
    fresh_pair_ = false;
  } else {
    p.active_at.reset();  // its own word: what it said before, or a relay of it, is over
  }
  if (const auto& at = p.link.said()->service_at; at != p.tested_at) {
    p.tested_at = at;
    emit(TestService{index_, p.name, at});
  }
  watch_for_no_writer();
  arbiter_->noted(p);
}

// Rule 10: another configuration, or another guard, is known and remembered; what was suspect is not any more.
void Pool::note_configuration(Peer& p, const ecv::Datagram& d) {
  const auto& all = peers_.all();
  p.suspect = false;
  if (std::none_of(all.begin(), all.end(), [](const Peer& o) { return o.suspect; })) clear_alarm("bad_peer");
  if (p.witness()) return;  // it has no configuration but ours
  record_.peer_unguarded = std::any_of(all.begin(), all.end(), [](const Peer& o) {
    return o.link.said() && !o.witness() && o.link.said()->guard == "none";
  });
  p.differs = d.config_hash != config_hash_;
  judge_configurations(false);
}

// `unknown`: of a site that was not heard yet, nothing says that its configuration is ours.
void Pool::judge_configurations(bool unknown) {
  const auto& all = peers_.all();
  record_.peer_differs = unknown || std::any_of(all.begin(), all.end(), [](const Peer& o) { return o.differs; });
  if (record_.peer_differs) {
    raise_alarm("config", arbiter_->by_silence()
                              ? "the peer's checkpoints, arbiter or timing differ: it is not substituted for"
                              : "another site's arbiter, voters or timing differ: its vote makes no writer");
  } else {
    clear_alarm("config");
  }
}

void Pool::watch_for_no_writer() {
  if (peer_may_write()) {
    no_writer_since_.reset();
  } else if (!no_writer_since_) {
    no_writer_since_ = now_;
  }
}

void Pool::take(const PeerUnverifiable& e) {
  Peer* p = peers_.find(e.party);
  if (p == nullptr) return;
  p->suspect = true;
  raise_alarm("bad_peer", "something unverifiable on the peer's path: " + std::string(ecv::name(e.fault)));
  arbiter_->unverifiable();
}

void Pool::take(const RelayDatagram& e) {
  const auto& d = e.datagram;
  if (d.pool != config_->name || d.to != site_->site) return;
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
  services_.told(d.from, d.service, now_);
  if (!d.relay) return;
  const auto& relay = *d.relay;
  Peer* p = peers_.site(relay.site);
  if (p == nullptr) return;
  const auto heard_at = now_ - base::milliseconds(relay.age_ms);
  relay_heard_at_ = std::max(relay_heard_at_.value_or(heard_at), heard_at);
  if (!observe(relay.epoch, "dnsd")) return;
  arbiter_->relayed(heard_at);
  // An epoch that the peer itself has given up is not taken up again: this relay was only slow.
  const bool given_up = !p->active_at && peers_.fresh(*p, now_) && relay.epoch.value <= p->active_epoch.value;
  if (!given_up && (!p->active_at || heard_at > *p->active_at)) {
    p->active_at = heard_at;
    p->active_epoch = relay.epoch;
  }
  yield_to_higher_epoch();
}

const GtidSet& Pool::peer_position() const {
  static const GtidSet kUnknown;
  const Peer* p = peers_.foremost(now_);
  return p == nullptr ? kUnknown : p->position();
}

void Pool::send_requests() {
  for (auto& p : peers_.all()) send(p, {}, true);
  last_send_ = now_;
  send_now_ = false;
}

void Pool::send(Peer& to, std::vector<ecv::Answer> answers, bool request) {
  out_->emplace_back(std::in_place_type<SendPeer>);
  auto& action = std::get<SendPeer>(out_->back());
  action.pool = index_;
  ecv::Datagram& d = action.datagram;
  d.pool = config_->name;
  d.from = site_->site;
  d.to = to.name;
  d.state = reported(state_);
  if (claims()) d.epoch = epoch_;
  d.max_epoch_seen = max_seen_;
  d.eligible = eligible_;
  if (const Node* node = best()) d.position = node->told_position();
  d.service = services_.at(to.name);
  d.service_at = config_->service;
  d.config_hash = config_hash_;
  d.guard = guard_alive_ ? config_->guard : "none";
  if (site_->arbiter == ArbiterKind::kWitness) {
    d.grant_wait_ms = static_cast<std::uint32_t>(std::chrono::ceil<base::milliseconds>(timing().grant_wait).count());
  }
  position_said_ = d.position;
  if (switchover_ && !switchover_->node &&
      (state_ == State::kDraining || switchover_->step == SwitchoverStep::kReleased)) {
    d.target = switchover_->target;
  }
  d.want = request ? arbiter_->want() : ecv::Want::kNone;
  // An answer goes out once more with the next datagram, which may overtake it: the receiver takes growing seq only.
  if (!answers.empty()) {
    to.said_again = answers.front();
    to.said_at = now_;
  } else if (to.said_again && now_ - to.said_at <= timing().interval) {
    answers.push_back(*std::exchange(to.said_again, std::nullopt));
  }
  d.answers = std::move(answers);
  to.link.stamp(d, request, now_);
}

}  // namespace core
