// Mode C's far end: the core's actions on etcd performed, the watch of each pool's key brought back as events
// (protocol.md section 1). The key of a pool is its name below the prefix; its value the name of the site that writes.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/etcd_client.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/actions.h"
#include "sitecheck/core/events.h"

namespace sitecheck {

class EtcdArbiter {
 public:
  // `conf.arbiter.etcd` is set. `on_event` gets EtcdDone and EtcdWatched, from the loop. The watches begin at once.
  EtcdArbiter(base::Loop& loop, const conf::Sitecheck& conf, std::function<void(core::Event)> on_event);
  ~EtcdArbiter();
  EtcdArbiter(const EtcdArbiter&) = delete;
  EtcdArbiter& operator=(const EtcdArbiter&) = delete;

  // Each ends with one EtcdDone.
  void campaign(const core::EtcdCampaign& a);
  // A lease that etcd keeps for less than the configured TTL is not told as kept: L_hold is reckoned from that TTL.
  void keep_alive(const core::EtcdKeepAlive& a);
  // Again and again until etcd has answered or the lease must have run out.
  void release(const core::EtcdRelease& a);

  [[nodiscard]] const io::EtcdCounters& counters() const;
  [[nodiscard]] const std::string& endpoint() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
