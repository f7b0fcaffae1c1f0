// Mode C, the client's side: the permit is the lease of the pool's key in etcd. It is worth L_hold from the send of the
// campaign and of each keepalive, which is less than the time to live that etcd counts from the receipt (protocol.md
// sections 1 and 4). What etcd does not answer is never taken for consent.
#pragma once

#include <deque>

#include "sitecheck/core/arbiter.h"

namespace core {

class ArbiterEtcd : public Arbiter {
 public:
  using Arbiter::Arbiter;

  void take(const EtcdDone& e) override;
  void take(const EtcdWatched& e) override;
  [[nodiscard]] std::optional<std::string> refuse(const Peer& p, const ecv::Datagram& d) override;
  void act() override;
  void act_candidate() override;
  [[nodiscard]] bool may_stand() override;
  [[nodiscard]] bool stand() override;
  void stop() override;
  void give_up() override;
  void resume(const LoadedPool::Permit& p, bool active) override;
  void release(Peer* target) override;
  [[nodiscard]] bool can_release(const Peer* target) const override { return another_is_fit(target); }
  [[nodiscard]] base::Duration release_wait() const override { return timing().etcd_ttl; }
  [[nodiscard]] bool needs_votes() const override { return true; }
  [[nodiscard]] std::uint64_t least_counter() const override;
  [[nodiscard]] bool connected() const override { return known_; }
  void deadlines(Earliest& next) const override;
  [[nodiscard]] ArbiterView view(base::Instant now) const override;

 private:
  struct Asked {
    std::uint64_t token = 0;
    base::Instant sent_at;
  };
  void campaigned(const EtcdDone& e);
  void kept(const EtcdDone& e, base::Instant sent_at);
  void lost(const std::string& why);
  [[nodiscard]] base::Duration campaign_limit() const;

  bool known_ = false;  // etcd's watch is up
  EtcdOwner owner_;     // what it last told; may be behind
  std::optional<Asked> campaign_;
  std::optional<base::Instant> won_;      // the send of the campaign that won: decided by act_candidate()
  std::deque<Asked> void_campaigns_;      // given up, the outcome still to come
  std::deque<Asked> keepalives_;          // under way
  std::optional<base::Instant> kept_at_;  // the last was sent
  std::uint64_t revision_ = 0;            // at which our key was made; 0: not ours, or not known
  bool owes_ = false;                     // our lease is to be revoked as soon as we are closed
  std::deque<std::int64_t> strays_;       // won by campaigns that were given up
  std::string message_;
};

}  // namespace core
