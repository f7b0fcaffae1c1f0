// The shell around the pure core: probes, checkpoint rounds, the peer port and the guards bring events in; the core
// steps after every socket was read (protocol.md rule 8: timers only wake); its actions are performed here and their
// outcomes brought back.
//
// Owned by the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/site.h"
#include "sitecheck/io/chronicle.h"
#include "sitecheck/io/etcd_arbiter.h"
#include "sitecheck/io/keeper.h"
#include "sitecheck/io/peer_port.h"
#include "sitecheck/io/probe_times.h"
#include "sitecheck/io/service_tests.h"

namespace sitecheck {

struct RunnerOptions {
  bool bootstrap = false;
  std::function<void(core::PoolIndex)> on_changed;       // answer held ECV requests
  std::function<void(const core::Journal&)> on_journal;  // a transition or an action, for people
};

class Runner {
 public:
  // Reads the state of every pool and opens the peer port. Error names what cannot be read or bound.
  [[nodiscard]] static base::Result<std::unique_ptr<Runner>> start(base::Loop& loop, const conf::Sitecheck& conf,
                                                                   RunnerOptions options);
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  [[nodiscard]] const core::Site& site() const;
  [[nodiscard]] const conf::Sitecheck& conf() const;
  [[nodiscard]] const base::SocketAddress& peer_address() const;
  [[nodiscard]] const PeerCounters& peer_counters() const;
  [[nodiscard]] std::uint64_t boot_id() const;
  // Every node was polled at least once.
  [[nodiscard]] bool looked_at_all() const;

  // What the guard of a pool last said.
  struct GuardView {
    bool alive = false;
    bool armed = false;  // it can fence, and its deadline lies ahead
    std::optional<std::int64_t> deadline_ms;
    std::optional<std::int64_t> last_heard_ms;
  };
  [[nodiscard]] GuardView guard(core::PoolIndex pool, base::Instant now) const;

  // Arbiter etcd only; else null.
  [[nodiscard]] const EtcdArbiter* etcd() const;
  // The service addresses of other sites, as they were found from here.
  [[nodiscard]] std::vector<ServiceFound> services(core::PoolIndex pool) const;

  // How long good probes of all nodes took.
  [[nodiscard]] const ProbeTimes& probe_times() const;

  // Datagrams that were not believed, since the start.
  [[nodiscard]] std::vector<RefusedDatagrams> refused() const;

  // Hands a person's command to the core; `done(ok, message)` comes from the loop.
  void command(core::Command command, std::function<void(bool, const std::string&)> done);
  // Likewise the mode; what the core took is kept over a restart.
  void set_mode(core::ModeSet order, std::function<void(bool, const std::string&)> done);
  // What stands against taking over `next` as the site stands now, one sentence each; empty if nothing does. What is
  // fixed for the life of the process (fixed_settings.h) is the caller's to compare.
  [[nodiscard]] std::vector<std::string> against(const conf::Sitecheck& next);
  // Takes it over, if nothing stands against it. What is known of pools, nodes and checkpoints that stay is kept, and
  // nodes whose connections stay the same keep those. Error: the files of a new pool cannot be opened; nothing has
  // changed then.
  [[nodiscard]] base::Result<void> reconfigure(conf::Sitecheck next);

  [[nodiscard]] Keeper& keeper();
  [[nodiscard]] const Keeper& keeper() const;

  struct Impl;

 private:
  explicit Runner(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
