// The inside of Runner, shared by runner.cc (wiring and turns) and runner_actions.cc (performing).
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/io/http_client.h"
#include "probes/checkpoint.h"
#include "probes/mysql_accounts.h"
#include "probes/mysql_probe.h"
#include "sitecheck/io/guard_link.h"
#include "sitecheck/io/heartbeat_writer.h"
#include "sitecheck/io/node_admin.h"
#include "sitecheck/io/node_closer.h"
#include "sitecheck/io/permit_file.h"
#include "sitecheck/io/recorder.h"
#include "sitecheck/io/runner.h"
#include "sitecheck/io/state_store.h"

namespace sitecheck {

// Where a pool or a node stands in the configuration now: a reload may move it. Outcomes come back to it; what is
// gone has none.
struct Spot {
  core::PoolIndex pool = 0;
  core::NodeIndex node = 0;
  bool gone = false;
};

// What is made of the configuration for one node. Where it changes, the node's connections are made anew.
struct NodeSettings {
  probes::MysqlProbeOptions probe;
  std::optional<CloserOptions> closer;
  std::optional<AdminOptions> admin;
};

struct NodeShell {
  std::shared_ptr<Spot> spot;
  NodeSettings settings;
  std::unique_ptr<probes::MysqlProbe> probe;
  std::unique_ptr<NodeCloser> closer;  // local nodes only, as is
  std::unique_ptr<NodeAdmin> admin;
  std::unique_ptr<HeartbeatWriter> heart;
  bool schema_made = false;
  bool looked_at = false;
  std::unique_ptr<probes::MysqlAccountCheck> accounts;  // of a local node, while it is asked
  std::optional<base::Instant> accounts_at;
  std::string accounts_warning;
};

struct PoolShell {
  std::shared_ptr<Spot> spot;
  std::unique_ptr<StateStore> store;
  std::optional<PermitFile> permit;
  std::unique_ptr<GuardLink> guard;  // null: guard none
  std::vector<NodeShell> nodes;
};

struct Runner::Impl {
  Impl(base::Loop& l, const conf::Sitecheck& c, RunnerOptions o);

  base::Result<void> open();
  // Its files and its guard.
  base::Result<PoolShell> open_pool(const conf::Sitecheck& c, std::size_t index, core::LoadedPool& loaded);
  [[nodiscard]] static NodeSettings settings_of(const conf::Sitecheck& c, const conf::Pool& pool,
                                                const conf::Node& node);
  [[nodiscard]] NodeShell make_node(std::size_t index, std::size_t n, NodeSettings settings);
  void begin_pool(std::size_t index);
  void drain();
  [[nodiscard]] base::Duration phase_of(std::size_t pool, std::size_t node, base::Duration interval) const;
  static void look_as_kind_asks(const conf::Pool& pool, probes::MysqlProbeOptions& probe);
  // What the pool's guard last said that it holds, if it can fence.
  [[nodiscard]] std::optional<base::Instant> armed_until(std::size_t index) const;
  [[nodiscard]] bool closed_by_guard(std::size_t index) const;
  void polled_node(const Spot& at, const probes::MysqlObservation& seen);
  void check_accounts(std::size_t index, std::size_t n);

  // runner_reload.cc
  [[nodiscard]] std::vector<std::string> against(const conf::Sitecheck& next) const;
  void take_pools(std::vector<PoolShell> added, const conf::Sitecheck& before);
  void take_nodes(std::size_t index, std::vector<NodeShell> before);
  void begin();
  void push(core::Event event);
  void turn();
  void perform(const std::vector<core::Action>& actions);
  void open_recorder(const FlightHeader& header);
  void tell(const std::vector<core::Event>& events, const std::vector<core::Action>& actions, base::Instant now);
  [[nodiscard]] std::optional<base::SocketAddress> source_of(const core::Rejoin& a) const;

  void act(const core::SendPeer& a);
  void act(const core::StartRound& a);
  void act(const core::ProbeNow& a);
  void act(const core::Persist& a);
  void act(const core::SetPermit& a);
  void act(const core::ClearPermit& a);
  void act(const core::AssertReadOnly& a);
  void act(const core::Fence& a);
  void act(const core::Promote& a);
  void act(const core::AbortPromotion& a);
  void act(const core::Rejoin& a);
  void act(const core::WriteBeat& a);
  void act(const core::EtcdCampaign& a);
  void act(const core::EtcdKeepAlive& a);
  void act(const core::EtcdRelease& a);
  void act(const core::TestService& a) { services->learn(a); }
  void etcd_unavailable(core::PoolIndex pool, std::uint64_t token);
  void act(const core::Journal& /*a*/) {}  // told at its place in the chronicle
  void act(const core::Changed& a);
  void act(const core::CommandReply& a);
  void promote_on_node(const core::Promote& a, NodeAdmin::Done done);
  void make_schema(const std::shared_ptr<Spot>& at);

  base::Loop& loop;
  conf::Sitecheck conf;  // as last read; replaced as a whole
  RunnerOptions options;
  std::string kernel;
  std::uint64_t boot_id = 0;
  std::unique_ptr<core::Site> site;
  std::unique_ptr<Chronicle> chronicle;
  std::unique_ptr<Keeper> keeper;
  std::unique_ptr<Recorder> recorder;  // null: it cannot be kept
  std::vector<PoolShell> pools;
  mutable bool looked_at_all = false;  // once
  ProbeTimes probe_times;
  std::unique_ptr<PeerPort> peer;
  std::unique_ptr<EtcdArbiter> etcd;  // arbiter etcd only
  std::unique_ptr<ServiceTests> services;
  io::HttpClient http;
  std::unique_ptr<probes::CheckpointRunner> checkpoints;
  std::vector<core::Event> sockets;  // of this turn: what was read from the peer port comes first
  std::vector<core::Event> outcomes;
  std::map<std::uint64_t, std::function<void(bool, const std::string&)>> commands;
  std::uint64_t next_command = 1;
  base::Timer wake;
  std::unique_ptr<base::AfterPoll> after_poll;
};

}  // namespace sitecheck
