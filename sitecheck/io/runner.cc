#include "sitecheck/io/runner.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/log.h"
#include "conf/kind_table.h"
#include "probes/mysql_target.h"
#include "sitecheck/core/record.h"
#include "sitecheck/io/guard.h"
#include "sitecheck/io/key_ring.h"
#include "sitecheck/io/random.h"
#include "sitecheck/io/runner_impl.h"
#include "sitecheck/io/translate.h"

namespace sitecheck {

namespace {

core::LoadedPool::Slots slots_of(const io::StateLoad& loaded) {
  switch (loaded.fault) {
    case io::SlotFault::kNone:
      return loaded.newer_may_be_lost ? core::LoadedPool::Slots::kDoubtful : core::LoadedPool::Slots::kValid;
    case io::SlotFault::kMissing: return core::LoadedPool::Slots::kMissing;
    default: return core::LoadedPool::Slots::kCorrupt;
  }
}

}  // namespace

Runner::Impl::Impl(base::Loop& l, const conf::Sitecheck& c, RunnerOptions o)
    : loop(l), conf(c), options(std::move(o)), http(l), wake(l, [] {}) {}

base::Result<void> Runner::Impl::open() {
  auto id = kernel_boot_id();
  if (!id) return base::fail(id.error().message);
  kernel = *id;
  const auto own = random_number();
  const auto seed = random_number();
  if (!own || !seed) return base::fail("the kernel gives no random numbers");
  boot_id = *own;
  std::error_code error;
  std::filesystem::create_directories(conf.state_dir, error);
  if (error) return base::fail(conf.state_dir.string() + ": " + error.message());
  std::vector<core::LoadedPool> loaded(conf.pools.size());
  for (std::size_t i = 0; i < conf.pools.size(); ++i) {
    auto pool = open_pool(conf, i, loaded[i]);
    if (!pool) return base::fail(pool.error().message);
    pools.push_back(std::move(*pool));
  }
  auto port = PeerPort::open(loop, conf, [this](core::Event e) { sockets.push_back(std::move(e)); });
  if (!port) return base::fail(port.error().message);
  peer = std::move(*port);
  checkpoints = std::make_unique<probes::CheckpointRunner>(loop, http, conf.checkpoints, conf.arbiter.timing.timeout);
  FlightHeader header;
  header.version = WIDEIP_VERSION;
  header.wall = base::read_wall_clock();
  header.start = base::read_boot_clock();
  keeper = std::make_unique<Keeper>(loop, conf, [this](const core::Journal& line) {
    if (options.on_journal) options.on_journal(line);
  });
  header.config = core_config(conf);
  header.config.mode = keeper->mode();
  header.identity = {boot_id, *seed, options.bootstrap};
  header.loaded = std::move(loaded);
  site = std::make_unique<core::Site>(header.config, header.identity, header.loaded, header.start);
  chronicle = std::make_unique<Chronicle>(header.config);
  open_recorder(header);
  if (conf.arbiter.etcd) {
    etcd = std::make_unique<EtcdArbiter>(loop, conf, [this](core::Event e) { push(std::move(e)); });
  }
  return {};
}

// A site without its recording is a site all the same.
void Runner::Impl::open_recorder(const FlightHeader& header) {
  if (conf.recorder.size == 0) return;
  const auto files = static_cast<std::size_t>(std::max(0, conf.recorder.keep)) + 1;
  auto opened = Recorder::open({conf.state_dir, conf.recorder.size, conf.recorder.size * files}, header);
  if (!opened) {
    return base::log(base::Level::kWarn, "recorder.failed", "there will be no flight recording",
                     {{"error", opened.error().message}});
  }
  recorder = std::move(*opened);
}

base::Result<PoolShell> Runner::Impl::open_pool(const conf::Sitecheck& c, std::size_t index, core::LoadedPool& out) {
  const auto& pool = c.pools[index];
  PoolShell shell;
  shell.spot = std::make_shared<Spot>(Spot{index});
  shell.store = std::make_unique<StateStore>(loop, c.state_dir / ("epoch-" + pool.name));
  const auto loaded = shell.store->load();
  out.slots = slots_of(loaded);
  if (loaded.fault == io::SlotFault::kNone) {
    if (const auto record = core::decode_record(loaded.content)) {
      out.record = *record;
    } else {
      out.slots = core::LoadedPool::Slots::kCorrupt;
    }
  }
  if (out.slots == core::LoadedPool::Slots::kMissing) {
    base::log(base::Level::kInfo, "state.missing", "no state yet: a new site, or one that lost it",
              {{"pool", pool.name}});
  } else if (out.slots != core::LoadedPool::Slots::kValid) {
    base::log(base::Level::kWarn, "state.damaged", "the pool's state is not whole",
              {{"pool", pool.name}, {"detail", loaded.detail}});
  }
  auto permit = PermitFile::open(permit_file_of(c, pool), kernel);
  if (!permit) return base::fail(permit.error().message);
  if (const auto running = permit->load()) out.permit = {running->deadline, running->epoch, running->lease_id};
  shell.permit = std::move(*permit);
  if (pool.guard != conf::GuardKind::kNone) {
    const auto& t = c.arbiter.timing;
    GuardLinkSettings settings{guard_socket_of(c, pool), std::nullopt, kernel, t.interval, t.window() + t.interval};
    settings.nodes = nodes_hash(closers_of(pool, true));
    if (pool.guard_address) {
      settings.remote =
          RemoteGuard{*pool.guard_address, key_ring(c, ecv::Purpose::kPeers), c.site.name, pool.name, t.drift};
    }
    shell.guard = std::make_unique<GuardLink>(
        loop, std::move(settings), [this, at = shell.spot](bool alive, const std::string& message) {
          push(core::GuardStatus{at->pool, alive, message, armed_until(at->pool)});
        });
  }
  return shell;
}

std::optional<base::Instant> Runner::Impl::armed_until(std::size_t index) const {
  const auto& said = pools[index].guard->last();
  if (!said || !said->ready || said->state != GuardState::kOpen) return std::nullopt;
  return said->deadline;
}

// Within a permit that this process ordered.
bool Runner::Impl::closed_by_guard(std::size_t index) const {
  const auto* guard = pools[index].guard.get();
  return guard != nullptr && guard->last() && guard->last()->state != GuardState::kOpen &&
         guard->latest_deadline() > base::read_boot_clock();
}

// The nodes of all pools spread over one interval, each at the next slot (probes/slots.h): by the golden
// ratio, which puts each into the widest gap that those before it left (Vera Sos), however many there are.
base::Duration Runner::Impl::phase_of(std::size_t pool, std::size_t node, base::Duration interval) const {
  std::size_t before = node;
  for (std::size_t i = 0; i < pool; ++i) before += conf.pools[i].nodes.size();
  constexpr double kGolden = 0.6180339887498949;
  const double turns = static_cast<double>(before) * kGolden;
  const double phase = (turns - std::floor(turns)) * static_cast<double>(interval.count());
  return base::Duration(static_cast<base::Duration::rep>(phase));
}

// What is to be looked at beyond what every server shows.
void Runner::Impl::look_as_kind_asks(const conf::Pool& pool, probes::MysqlProbeOptions& probe) {
  probe.epoch = probe.epoch && conf::is_arbitrated(pool.kind);
  if (pool.kind != "multi_writer" || !pool.galera.wsrep) return;
  const int all = static_cast<int>(pool.nodes.size());
  probe.galera = {pool.galera.donor_serves, pool.galera.cluster_size > 0 ? pool.galera.cluster_size : all,
                  pool.galera.flow_control};
}

NodeSettings Runner::Impl::settings_of(const conf::Sitecheck& c, const conf::Pool& pool, const conf::Node& node) {
  NodeSettings out;
  auto& probe = out.probe;
  probe.target = probes::target_of(pool, node, pool.monitor);
  probe.schema = pool.schema;
  probe.interval = node.interval.value_or(c.arbiter.timing.interval);
  probe.timeout = node.timeout.value_or(c.arbiter.timing.timeout);
  probe.write = is_local(node);
  probe.epoch = is_local(node);  // the core asks no other's
  probe.heartbeat = conf::is_arbitrated(pool.kind) && pool.heartbeat.has_value();
  probe.source = node.replicate_from;
  look_as_kind_asks(pool, probe);
  if (!conf::is_arbitrated(pool.kind) || !is_local(node)) return out;
  out.admin = AdminOptions{node.name,           c.site.name,         pool.schema,           admin_target(pool, node),
                           probe.target,        node.replicate_from, pool.replication.user, pool.replication.password,
                           probes::tls_of(pool)};
  out.closer = closer_of(pool, node, !pool.guard_address);
  return out;
}

void Runner::Impl::polled_node(const Spot& at, const probes::MysqlObservation& seen) {
  auto& shell = pools[at.pool].nodes[at.node];
  shell.looked_at = true;
  if (seen.outcome == probes::Outcome::kOk) probe_times.add(seen.took);
  auto event = polled(at.pool, at.node, seen);
  const bool asked = shell.accounts_at && shell.accounts_warning.empty();
  if (seen.outcome == probes::Outcome::kOk && !asked) check_accounts(at.pool, at.node);
  const auto& lacks = shell.accounts_warning;
  if (!lacks.empty()) event.warning += (event.warning.empty() ? "" : "; ") + lacks;
  if (shell.heart && !shell.heart->fault().empty()) {
    event.warning += (event.warning.empty() ? "" : "; ") + shell.heart->fault();
  }
  if (event.message.empty() && event.read_only.value_or(false) && closed_by_guard(at.pool)) {
    event.message = "read_only was found set: the guard closed it";
  }
  push(std::move(event));
}

// Its first poll begins with the next turn of the probe.
NodeShell Runner::Impl::make_node(std::size_t index, std::size_t n, NodeSettings settings) {
  NodeShell shell;
  shell.spot = std::make_shared<Spot>(Spot{index, n});
  shell.settings = std::move(settings);
  const auto& made = shell.settings;
  shell.probe = std::make_unique<probes::MysqlProbe>(
      loop, made.probe, [this, at = shell.spot](const auto& seen) { polled_node(*at, seen); });
  if (made.admin) {
    shell.admin = std::make_unique<NodeAdmin>(loop, *made.admin);
    shell.heart = std::make_unique<HeartbeatWriter>(
        loop, HeartbeatWriterOptions{made.admin->node, made.admin->site, made.admin->schema, made.admin->monitor,
                                     made.admin->admin});
    auto closer = *made.closer;
    closer.also_kill = [admin = shell.admin.get()] { return std::vector<std::uint64_t>{admin->session_id()}; };
    shell.closer = std::make_unique<NodeCloser>(loop, std::move(closer));
    shell.closer->start();
  }
  return shell;
}

// When a local node first answers, and again while something is missing: what the admin and the replication account
// may do there. (The probe asks for the monitor's.) A replication account that is refused says nothing: it may be one
// for the other sites' addresses only.
void Runner::Impl::check_accounts(std::size_t index, std::size_t n) {
  constexpr auto kAgain = base::seconds(10);
  const auto& pool = conf.pools[index];
  const auto& node = pool.nodes[n];
  auto& shell = pools[index].nodes[n];
  const auto now = base::read_boot_clock();
  if (!shell.settings.admin || shell.accounts) return;
  if (shell.accounts_at && now - *shell.accounts_at < kAgain) return;
  shell.accounts_at = now;
  std::vector<probes::AccountToCheck> accounts = {{probes::AccountRole::kAdmin, admin_target(pool, node)}};
  if (!pool.replication.user.empty()) {
    accounts.push_back({probes::AccountRole::kReplication, probes::target_of(pool, node, pool.replication)});
  }
  shell.accounts = std::make_unique<probes::MysqlAccountCheck>(loop, std::move(accounts), pool.schema);
  shell.accounts->start(base::seconds(5), [this, at = shell.spot](const auto& findings) {
    auto& asked = pools[at->pool].nodes[at->node];
    asked.accounts_warning.clear();
    for (const auto& finding : findings) {
      if (finding.role == probes::AccountRole::kReplication && finding.outcome != probes::Outcome::kOk) continue;
      const auto text = probes::tell(finding);
      if (!text.empty()) asked.accounts_warning += (asked.accounts_warning.empty() ? "" : "; ") + text;
    }
    asked.accounts.reset();
  });
}

void Runner::Impl::begin_pool(std::size_t index) {
  auto& shell = pools[index];
  const auto& pool = conf.pools[index];
  for (std::size_t n = 0; n < pool.nodes.size(); ++n) {
    shell.nodes.push_back(make_node(index, n, settings_of(conf, pool, pool.nodes[n])));
    auto& node = shell.nodes.back();
    node.probe->start(phase_of(index, n, node.settings.probe.interval));
  }
  if (shell.guard) {
    shell.guard->start();
  } else if (conf::is_arbitrated(pool.kind)) {
    push(core::GuardStatus{index, false, "the pool has no guard"});
  }
}

void Runner::Impl::begin() {
  for (std::size_t i = 0; i < pools.size(); ++i) begin_pool(i);
  services = std::make_unique<ServiceTests>(loop, conf, [this](core::Event e) { push(std::move(e)); });
  after_poll = std::make_unique<base::AfterPoll>(loop, [this] { turn(); });
  wake.start(base::Duration::zero());
}

void Runner::Impl::push(core::Event event) {
  outcomes.push_back(std::move(event));
  if (outcomes.size() == 1) wake.start(base::Duration::zero());
}

void Runner::Impl::turn() {
  const auto now = base::read_boot_clock();
  if (sockets.empty() && outcomes.empty() && now < site->next_deadline()) return;
  std::vector<core::Event> events = std::exchange(sockets, {});
  events.insert(events.end(), std::make_move_iterator(outcomes.begin()), std::make_move_iterator(outcomes.end()));
  outcomes.clear();
  std::vector<core::Action> actions;
  site->step(events, now, actions);
  perform(actions);
  tell(events, actions, now);
  keeper->look(*site, now, base::read_wall_clock());
  const auto next = outcomes.empty() ? site->next_deadline() - base::read_boot_clock() : base::Duration::zero();
  wake.start(std::max(next, base::Duration::zero()));
}

// After the deeds: a disk that is slow must not hold them up.
void Runner::Impl::tell(const std::vector<core::Event>& events, const std::vector<core::Action>& actions,
                        base::Instant now) {
  if (recorder) recorder->step(now, events, actions);
  for (const auto& line : chronicle->tell(*site, events, actions, now)) {
    if (options.on_journal) options.on_journal(line);
  }
}

void Runner::Impl::perform(const std::vector<core::Action>& actions) {
  for (const auto& action : actions) {
    std::visit([this](const auto& a) { act(a); }, action);
  }
}

Runner::Runner(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Runner::~Runner() = default;

base::Result<std::unique_ptr<Runner>> Runner::start(base::Loop& loop, const conf::Sitecheck& conf,
                                                    RunnerOptions options) {
  auto impl = std::make_unique<Impl>(loop, conf, std::move(options));
  if (const auto opened = impl->open(); !opened) return base::fail(opened.error().message);
  impl->begin();
  return std::unique_ptr<Runner>(new Runner(std::move(impl)));
}

const core::Site& Runner::site() const { return *impl_->site; }
const conf::Sitecheck& Runner::conf() const { return impl_->conf; }
const base::SocketAddress& Runner::peer_address() const { return impl_->peer->address(); }
const PeerCounters& Runner::peer_counters() const { return impl_->peer->counters(); }
std::uint64_t Runner::boot_id() const { return impl_->boot_id; }

const EtcdArbiter* Runner::etcd() const { return impl_->etcd.get(); }
std::vector<ServiceFound> Runner::services(core::PoolIndex pool) const { return impl_->services->found(pool); }

const ProbeTimes& Runner::probe_times() const { return impl_->probe_times; }
std::vector<RefusedDatagrams> Runner::refused() const { return impl_->chronicle->refused(); }

bool Runner::looked_at_all() const {
  auto& once = impl_->looked_at_all;
  once =
      once || std::all_of(impl_->pools.begin(), impl_->pools.end(), [](const PoolShell& pool) {
        return std::all_of(pool.nodes.begin(), pool.nodes.end(), [](const NodeShell& node) { return node.looked_at; });
      });
  return once;
}

Runner::GuardView Runner::guard(core::PoolIndex pool, base::Instant now) const {
  GuardView out;
  const auto& link = impl_->pools[pool].guard;
  if (!link) return out;
  out.alive = link->alive();
  if (const auto heard = link->heard_at()) out.last_heard_ms = base::to_ms(now - *heard);
  if (const auto& last = link->last(); last && last->deadline > now) {
    out.deadline_ms = base::to_ms(last->deadline - now);
    out.armed = out.alive && last->ready && last->state == GuardState::kOpen;
  }
  return out;
}

Keeper& Runner::keeper() { return *impl_->keeper; }
const Keeper& Runner::keeper() const { return *impl_->keeper; }

void Runner::set_mode(core::ModeSet order, std::function<void(bool, const std::string&)> done) {
  order.id = impl_->next_command++;
  impl_->commands.emplace(order.id,
                          [this, mode = order.mode, done = std::move(done)](bool ok, const std::string& text) {
                            if (!ok) return done(ok, text);
                            impl_->keeper->set_mode(mode, [done, text] { done(true, text); });
                          });
  impl_->push(std::move(order));
}

void Runner::command(core::Command command, std::function<void(bool, const std::string&)> done) {
  command.id = impl_->next_command++;
  impl_->commands.emplace(command.id, std::move(done));
  impl_->push(std::move(command));
}

}  // namespace sitecheck
