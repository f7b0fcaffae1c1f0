// etcd as the protocol may count on it (mode C): one linearizable store, leases that live TTL on a clock at 1±rho and
// longer after a restart; requests and answers that are lost, late or nonsense; a watch that lags or goes blind.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>

#include "sitecheck/core/actions.h"
#include "tests/sim/random.h"
#include "tests/sim/scenario.h"

namespace sim {

class Host;
class World;

class EtcdModel {
 public:
  explicit EtcdModel(World& world);
  void begin();

  void campaign(Host& host, const core::EtcdCampaign& a);
  void keep_alive(Host& host, const core::EtcdKeepAlive& a);
  void release(Host& host, const core::EtcdRelease& a);
  // Does not answer for `length`; `rebuilt`: comes back empty, with revisions from 1.
  // A person revokes the lease that the key stands on.
  void revoke();
  void go_down(Time length, bool rebuilt);

 private:
  struct Key {
    int site = 0;
    std::int64_t lease = 0;
    std::uint64_t create_revision = 0;
  };
  // One call of the HTTP gateway: `effect` happens at etcd, if the request arrives; `answer` comes back, if it does.
  template <typename Effect>
  void call(Host& host, base::Duration limit, core::EtcdDone unknown, Effect effect);
  [[nodiscard]] std::int64_t grant();
  [[nodiscard]] Time ttl();
  void expire(std::int64_t lease);
  void watch_closing(const Host& host);
  [[nodiscard]] std::int64_t newest(const Host& host) const;
  void drop(std::int64_t lease);
  void changed();
  void tell_watch(int site);
  void watch_all();
  [[nodiscard]] core::EtcdOwner owner() const;

  World* world_;
  Random random_;
  bool up_ = true;
  Time back_at_ = 0;  // the end of all outages so far
  std::uint64_t revision_ = 1;
  std::int64_t next_lease_ = 1000;
  std::array<std::int64_t, kMaxSites> newest_{};  // the lease that each site was given last
  std::map<std::int64_t, Time> leases_;           // until when they live, true time
  std::optional<Key> key_;
  std::array<int, kMaxSites> told_{};  // what the watch last said: 0 nothing, 1 blind, else a hash of the owner
};

}  // namespace sim
