// Mode A: exactly one other site. The permit is its grant or, while it is silent, a row of checkpoint rounds; the place
// of a silent writer is taken once it was silent, and the checkpoints reached, for T_promote (protocol.md rules 2 to
// 5).
#pragma once

#include "sitecheck/core/arbiter.h"
#include "sitecheck/core/credit.h"
#include "sitecheck/core/silence.h"

namespace core {

class ArbiterCheckpoints : public Arbiter {
 public:
  explicit ArbiterCheckpoints(Seat& seat);

  void gap() override;
  void take(const Checkpoints::Verdict& v) override;
  void heard(const Peer& p) override;
  void noted(const Peer& p) override;
  void unverifiable() override;
  void relayed(base::Instant heard_at) override;
  void answered(Peer& p, const ecv::PeerLink::Request& request, const ecv::Answer& a) override;
  [[nodiscard]] std::optional<std::string> refuse(const Peer& p, const ecv::Datagram& d) override;
  void granted(const Peer& p, const ecv::Datagram& d) override;
  void act() override;
  void act_standby() override;
  void act_candidate() override;
  [[nodiscard]] bool may_stand() override;
  [[nodiscard]] bool stand() override;
  void stop() override;
  void give_up() override;
  void resume(const LoadedPool::Permit& p, bool active) override;
  void release(Peer* target) override;
  [[nodiscard]] bool can_release(const Peer* target) const override;
  [[nodiscard]] base::Duration release_wait() const override { return timing().promote_wait; }
  [[nodiscard]] ecv::Want want() const override;
  [[nodiscard]] bool by_silence() const override { return true; }
  [[nodiscard]] bool silent_long() const override { return silence_.elapsed(now()); }
  [[nodiscard]] bool connected() const override;
  [[nodiscard]] std::optional<base::Instant> fast_rounds_from() const override;
  void deadlines(Earliest& next) const override;
  [[nodiscard]] ArbiterView view(base::Instant now) const override;

 private:
  [[nodiscard]] Peer& peer() const { return peers().all().front(); }
  [[nodiscard]] bool moratorium() const;
  [[nodiscard]] bool may_substitute();
  void take_release(const ecv::PeerLink::Request& request);

  Silence silence_;
  Credit credit_;
  std::optional<base::Instant> granted_at_;  // to a candidate: it is about to promote
  // For status: what the permit last grew by, and the last answer.
  std::string source_;
  std::optional<base::Instant> answered_at_;
  std::string last_answer_;
};

}  // namespace core
