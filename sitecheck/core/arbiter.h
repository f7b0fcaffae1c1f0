// Who says that this site may write, and until when (protocol.md section 1). One state machine (Pool), several
// arbiters:
//
//   checkpoints  mode A: the peer's grant, or substitution for a silent peer
//   witness      mode B: a majority of votes
//   etcd         mode C: the lease of a key
//   self         a pool of one site, with nobody to ask
//
// The pool weighs what is common to all (states, rule 13, epochs); the arbiter keeps what its mode alone knows. It
// lives in its pool, on the pool's thread. Internal to this folder.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sitecheck/core/earliest.h"
#include "sitecheck/core/seat.h"

namespace core {

class Arbiter {
 public:
  explicit Arbiter(Seat& seat) : seat_(&seat) {}
  virtual ~Arbiter() = default;
  Arbiter(const Arbiter&) = delete;
  Arbiter& operator=(const Arbiter&) = delete;

  // What is heard. `heard`: any verified message of a party, of a process not yet believed too. `noted`: an accepted
  // one, its content is in the peer. `relayed`: a dnsd heard a peer say ACTIVE then.
  virtual void gap() {}
  virtual void take(const Checkpoints::Verdict& /*v*/) {}
  virtual void heard(const Peer& /*p*/) {}
  virtual void noted(const Peer& /*p*/) {}
  virtual void unverifiable() {}
  virtual void relayed(base::Instant /*heard_at*/) {}
  // An answer to a request that is open (or, of a release, was).
  virtual void answered(Peer& /*p*/, const ecv::PeerLink::Request& /*request*/, const ecv::Answer& /*a*/) {}
  virtual void take(const EtcdDone& /*e*/) {}
  virtual void take(const EtcdWatched& /*e*/) {}

  // A party asks for a grant, and nothing that all modes share stands against it. The reason of a refusal; nothing: it
  // is granted.
  [[nodiscard]] virtual std::optional<std::string> refuse(const Peer& p, const ecv::Datagram& d) = 0;
  virtual void granted(const Peer& /*p*/, const ecv::Datagram& /*d*/) {}
  // A party is closed and gives its grant back.
  virtual void given_back(const Peer& /*p*/) {}

  // Each turn, after all inputs: the permit may grow, or be lost.
  virtual void act() {}
  // STANDBY: a promotion that needs no candidacy. CANDIDATE: likewise, or the end of the candidacy.
  virtual void act_standby() {}
  virtual void act_candidate() {}
  // Whether it is worth asking now, as far as this mode alone knows.
  [[nodiscard]] virtual bool may_stand() { return false; }
  // Asks. False: there is no candidacy.
  [[nodiscard]] virtual bool stand() { return false; }
  // The candidacy is over without a promotion: what was asked for is void (rule 4).
  virtual void stop() {}
  // The permit is given up (fence, a promotion that failed): nothing asked for counts any more.
  virtual void give_up() {}
  // ACTIVE again after a restart within the lease, with this permit; or it ran out, and only its traces are left.
  virtual void resume(const LoadedPool::Permit& /*p*/, bool active) = 0;
  // Confirmed closed: the writer is handed on (rule 12), to `target` or, if null, to whoever is fit. Only if
  // can_release().
  virtual void release(Peer* target) = 0;
  [[nodiscard]] virtual bool can_release(const Peer* target) const = 0;
  // How long a site that released stands back.
  [[nodiscard]] virtual base::Duration release_wait() const = 0;
  // A person's word does not replace it: `promote --force` makes a candidacy only.
  [[nodiscard]] virtual bool needs_votes() const { return false; }

  [[nodiscard]] virtual ecv::Want want() const { return ecv::Want::kNone; }
  // A promotion's counter is at least this.
  [[nodiscard]] virtual std::uint64_t least_counter() const { return 0; }
  // Silence counts for something: a writer that is not heard may be substituted for.
  [[nodiscard]] virtual bool by_silence() const { return false; }
  [[nodiscard]] virtual bool silent_long() const { return false; }
  // The one that it depends on is heard: with a lost quorum of checkpoints the pool is WARN, not FAIL.
  [[nodiscard]] virtual bool connected() const = 0;
  // From when on checkpoint rounds are to be fast; nothing: as far as this mode is concerned, never.
  [[nodiscard]] virtual std::optional<base::Instant> fast_rounds_from() const { return std::nullopt; }
  // The next time that matters; may lie in the past.
  virtual void deadlines(Earliest& /*next*/) const {}
  [[nodiscard]] virtual ArbiterView view(base::Instant now) const = 0;

 protected:
  [[nodiscard]] base::Instant now() const { return seat_->now_; }
  [[nodiscard]] const SiteConfig& site() const { return *seat_->site_; }
  [[nodiscard]] const PoolConfig& config() const { return *seat_->config_; }
  [[nodiscard]] const ecv::Timing& timing() const { return seat_->timing(); }
  [[nodiscard]] const Checkpoints& checkpoints() const { return *seat_->checkpoints_; }
  [[nodiscard]] base::Instant boot_at() const { return seat_->boot_at_; }
  [[nodiscard]] State state() const { return seat_->state_; }
  [[nodiscard]] base::Instant candidate_since() const { return seat_->candidate_since_; }
  [[nodiscard]] bool eligible() const { return seat_->eligible_; }
  [[nodiscard]] bool closed() const { return seat_->all_closed(); }
  [[nodiscard]] bool holds() const { return seat_->holds(); }
  [[nodiscard]] const Record& record() const { return seat_->record_; }
  [[nodiscard]] ecv::Epoch max_seen() const { return seat_->max_seen_; }
  [[nodiscard]] Peers& peers() const { return seat_->peers_; }
  [[nodiscard]] Permit& permit() const { return seat_->permit_; }
  // Rule 12: this site handed the writer on, and stands back.
  [[nodiscard]] bool released_lately() const {
    return seat_->released_at_ && now() - *seat_->released_at_ < release_wait();
  }
  void set_released() { seat_->released_at_ = now(); }
  void count(Counter c, std::uint64_t n = 1) { seat_->counters_.add(c, n); }
  [[nodiscard]] bool alarmed(std::string_view id) const { return seat_->alarms_.contains(id); }
  void raise_alarm(const std::string& id, std::string text) { seat_->raise_alarm(id, std::move(text)); }
  void clear_alarm(std::string_view id) { seat_->clear_alarm(id); }
  void journal(std::string id, std::string message, std::vector<std::pair<std::string, std::string>> fields) {
    seat_->journal(base::Level::kInfo, std::move(id), std::move(message), std::move(fields));
  }
  template <typename T>
  void emit(T action) {
    seat_->emit(std::move(action));
  }
  [[nodiscard]] std::uint64_t next_token() { return ++seat_->token_; }
  void send(Peer& to, ecv::Answer answer) { seat_->send(to, {std::move(answer)}, false); }
  void renewed(Counter by) {
    count(by);
    seat_->set_permit();
  }
  void begin_promotion(Cause cause, base::Instant permit_from) { seat_->begin_promotion(cause, permit_from); }
  void stop_standing(std::string reason, base::Duration wait = {}) { seat_->stop_standing(std::move(reason), wait); }
  // What modes B and C share.
  // on_silence: hold, and the site that was last known as the writer is not heard. Raises the alarm.
  [[nodiscard]] bool held_back_by_silence();
  // When to stand again, spread by the order of ids, so that two candidates do not thwart each other again and again.
  [[nodiscard]] base::Duration retry() const;
  // `target`, or if null any other site, is heard, STANDBY and eligible.
  [[nodiscard]] bool another_is_fit(const Peer* target) const;
  void stand_back(const Peer* target, std::string what);
  void permit_lost(const std::string& why) { seat_->permit_lost(why); }
  void set_lease_id(std::int64_t id) { seat_->lease_id_ = id; }
  [[nodiscard]] std::int64_t lease_id() const { return seat_->lease_id_; }
  [[nodiscard]] PoolIndex pool() const { return seat_->index_; }
  [[nodiscard]] const std::string& why_not() const { return seat_->why_not_; }
  [[nodiscard]] std::optional<base::Instant> no_writer_since() const { return seat_->no_writer_since_; }

 private:
  Seat* seat_;
};

// The arbiter that the configuration names; a pool of one site and no witness has `self` in modes A and B.
[[nodiscard]] std::unique_ptr<Arbiter> make_arbiter(Seat& seat, const SiteConfig& site);

}  // namespace core
