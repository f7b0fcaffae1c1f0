// A pool of one site: the permit comes from the site itself, while it reaches its checkpoints (protocol.md rule 15).
#pragma once

#include "sitecheck/core/arbiter.h"

namespace core {

class ArbiterSelf : public Arbiter {
 public:
  using Arbiter::Arbiter;
  [[nodiscard]] std::optional<std::string> refuse(const Peer& p, const ecv::Datagram& d) override;
  void act() override;
  void act_standby() override;
  void resume(const LoadedPool::Permit& p, bool active) override;
  void release(Peer* /*target*/) override {}
  [[nodiscard]] bool can_release(const Peer* /*target*/) const override { return false; }
  [[nodiscard]] base::Duration release_wait() const override { return {}; }
  [[nodiscard]] bool connected() const override { return false; }
  // Rule 9's slow rounds would let a lost quorum go unnoticed for longer than the lease.
  [[nodiscard]] std::optional<base::Instant> fast_rounds_from() const override { return boot_at(); }
  [[nodiscard]] ArbiterView view(base::Instant now) const override;

 private:
  [[nodiscard]] bool reachable() const { return checkpoints().none() || checkpoints().quorum().value_or(false); }
};

}  // namespace core
