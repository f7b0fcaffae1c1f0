#include "dnsd/control/control.h"

#include <malloc.h>

#include <algorithm>
#include <map>
#include <system_error>
#include <utility>

#include "base/io/http_metrics.h"
#include "base/log.h"
#include "conf/load.h"
#include "dnsd/control/control_impl.h"
#include "dnsd/control/metrics.h"

namespace control {

namespace {

constexpr base::Duration kReapInterval = base::milliseconds(100);
constexpr int kMostConnections = 8192;  // each path of each member keeps one open

Options with_defaults(Options options) {
  if (!options.load_config) {
    options.load_config = [](const std::filesystem::path& path) { return conf::load_dnsd(path); };
  }
  if (!options.clock) options.clock = [] { return Now{base::read_boot_clock(), base::read_wall_clock()}; };
  return options;
}

// The first answers of all members are a matter of one round trip; who has not answered by then is silent.
base::Duration first_round_bound(base::Duration poll) {
  return std::max<base::Duration>(poll * 2 + base::milliseconds(100), base::milliseconds(500));
}

}  // namespace

Control::Impl::Impl(base::Loop& loop_in, conf::Dnsd config_in, Options options_in, snapshot::Publisher& publisher,
                    snapshot::CounterBoard& board_in)
    : loop(loop_in),
      config(std::move(config_in)),
      options(with_defaults(std::move(options_in))),
      board(board_in),
      started(options.clock().boot),
      keys(config.ring(), ecv::Purpose::kDnsd),
      zones(publisher),
      engine(health, Ledger{},
             {[this](const Ledger& ledger, const Ledger::Change& change) { return store(ledger, change); },
              [this](std::size_t index, const snapshot::DynamicAnswer& answer) {
                zones.answer(index, answer);
                reap_later();
              },
              [this](const Standing& standing, const auto& observed) { decided(standing, observed); }}),
      relayer(config.server.id, keys),
      voter(config.server.id, [this](const std::string& pool, const std::string& before,
                                     const std::string& holder) { events.vote(pool, before, holder, now().wall); }),
      services(loop_in, [this](const ServiceStanding& standing) { events.service(standing, now().wall); }),
      monitors(loop_in, monitor_hooks()),
      http(loop_in, kMostConnections),
      context{loop_in,     http,
              keys,        config.server.id,
              config.poll, [this](const decide::MemberId& id) { return engine.ledger().highest(id); }},
      wake(loop_in, [] {}),
      deadline(loop_in,
               [this] {
                 due = true;
                 wake.send();
               }),
      after_poll(loop_in,
                 [this] {
                   if (!std::exchange(due, false)) return;
                   if (!deciding) return;
                   expire_orders();
                   engine.tick(now());
                   arm();
                 }),
      read_wake(loop_in, [this] { have_read(); }),
      first_round(loop_in, [this] { end_first_round(); }),
      relay_timer(loop_in,
                  [this] {
                    if (!relay_socket || !deciding) return;
                    const auto service = [this](const decide::MemberId& id) { return services.view(id); };
                    relayer.send(*relay_socket, health, engine.ledger(), service, now().boot);
                    voter.look(now().boot);
                  }),
      reap_timer(loop_in, [this] {
        if (zones.reap() > 0) return;
        reap_timer.stop();
        if (std::exchange(trim, false)) ::malloc_trim(0);
      }) {}

Control::Impl::~Impl() {
  if (reader.joinable()) reader.join();
}

View Control::Impl::view() const {
  return {config,  listen,   zones,       health,  engine, faults, relayer.counters(), voter, services, monitors,
          reloads, topology, board.sum(), started, now(),  ready,  overrides};
}

base::Result<void> Control::Impl::bind(base::SocketBag* given) {
  if (config.relay) {
    // Bound by one process alone, always: two that vote by one name could give its vote away twice.
    auto socket = io::UdpSocket::bind(
        loop, *config.relay, [this](base::ByteView bytes, const base::SocketAddress& from) { datagram(bytes, from); },
        given);
    if (!socket) {
      return base::fail("relay: " + socket.error().message +
                        (config.votes().empty() ? "" : " (another voter of this name may be running: never two)"));
    }
    relay_socket = *std::move(socket);
  }
  if (config.stats) {
    live = std::make_unique<Live>(
        loop, [this] { return view(); }, [this] { return board.seen(seen_marks); });
    auto server = StatsServer::listen(
        loop, *config.stats,
        {[this] {
           const auto* port = stats_server ? &stats_server->http() : nullptr;
           return metrics_text(view()) + io::http_metrics("wideip_dnsd", {{"stats", port}});
         },
         [this](std::optional<std::size_t> from) { return status_json(view(), from); }, [this] { return ready; },
         [this](const io::ServerRequest& request, io::Responder responder) {
           live->open(request, std::move(responder));
         },
         [this](const io::ControlRequest& request) { return command(request); }},
        given);
    if (!server) return base::fail("stats: " + server.error().message);
    stats_server = *std::move(server);
  }
  if (config.server.control.empty()) return {};
  auto server = io::ControlServer::listen(
      loop, config.server.control,
      [this](const io::ControlRequest& request, const io::ControlAnswer& answer) { take_command(request, answer); }, {},
      given);
  if (!server) return base::fail("control: " + server.error().message);
  control_server = *std::move(server);
  return {};
}

base::Result<void> Control::Impl::open() {
  std::error_code ec;
  std::filesystem::create_directories(config.server.state_dir, ec);
  if (auto opened = events.open(config.server.state_dir / "events.jsonl"); !opened) {
    base::log(base::Level::kWarn, "journal.unwritable", "events are not written down",
              {{"why", opened.error().message}});
  }
  if (auto loaded = load_ledger(); !loaded) return loaded;
  begin_live();
  events.started(config.server.id, now());
  deciding = true;
  if (listened) resume_sockets();
  if (!listened) load_latched();
  load_orders();
  take_names();
  engine.decide_all(now());
  doubt_orders();
  publish_table(*std::move(first_table));
  first_table.reset();
  release_names();
  watch_files();
  return {};
}

// Everything that keeps something for each member or wide-IP takes them over.
void Control::Impl::take_names() {
  members = targets(config);
  tests.configure(config.wideips);
  safety_places.configure(config.wideips);
  health.configure(members);
  relayer.configure(config);
  voter.configure(config, now().boot);
  services.configure(config);
  take_monitors();
  engine.configure(config.wideips.size(), [this](std::size_t i) { return to_decide(config.wideips[i], config.poll); });
  tell_monitors();
}

// Their memory goes back to the system: what reads a configuration needs many times what keeps it.
void Control::Impl::release_names() {
  std::vector<conf::WideIp>().swap(config.wideips);  // an assignment of {} would keep the memory
  trim = true;                                       // once the table before is gone as well
  reap_later();
}

// The page tells what was written before this process began, too.
void Control::Impl::begin_live() {
  if (!live) return;
  constexpr std::size_t kLines = 400;
  const auto before = io::read_journal(events.path(), {kLines, std::nullopt, "names"});
  live->start(before ? *before : std::vector<std::string>{});
  events.on_line([this](const std::string& line) { live->event(line); });
}

base::Result<void> Control::Impl::load_ledger() {
  auto file = std::make_unique<LedgerFile>(config.server.state_dir / "memory");
  auto ledger = file->load();
  const bool plain = config.wideips.empty() && engine.names().empty();  // the latter once it has them
  if (!ledger) {
    if (!plain) return base::fail(ledger.error().message);
    base::log(base::Level::kWarn, "ledger.unreadable", "the memory cannot be read", {{"why", ledger.error().message}});
    return {};
  }
  const bool fresh = *ledger == Ledger{};
  if (plain) {
    // A plain name server writes no memory, but a reload may bring wide-IPs.
  } else if (auto stored = file->store(*ledger); !stored) {
    // With a memory, serving what is remembered is better than not serving; without one, nothing could ever be
    // answered.
    if (fresh) return base::fail("state_dir: " + stored.error().message);
    base::log(base::Level::kError, "ledger.unwritable", "the memory cannot be written",
              {{"why", stored.error().message}});
  }
  ledger_file = std::move(file);
  engine.restore(*std::move(ledger));
  return {};
}

base::Result<void> Control::Impl::store(const Ledger& ledger, const Ledger::Change& change) {
  if (!ledger_file) return base::fail("the memory could not be read at the start; it is not overwritten");
  return ledger_file->store(ledger, change);
}

// Before anybody of its members was heard, a start has nothing to tell.
void Control::Impl::decided(const Standing& standing, const std::vector<decide::Observation>& observed) {
  if (live) live->changed();
  const auto& verdicts = standing.decision.verdicts;
  const bool unheard = std::all_of(verdicts.begin(), verdicts.end(), [](const decide::Verdict& v) {
    return v.ground == decide::Ground::kNeverHeard || v.ground == decide::Ground::kUnprobed;
  });
  if (!ready && unheard) return;
  events.decided(engine, standing, observed, now().wall);
}

// A start without a good database: the networks of the configuration must do.
void Control::Impl::load_topology() {
  auto made = make_topology(config.topology);
  if (!made) {
    topology.fault = made.error().message;
    ++topology.failures;
    base::log(base::Level::kError, "topology.not_loaded",
              "the database cannot be used: clients are found by the configured networks only",
              {{"why", topology.fault}});
    made = make_topology(config.topology, UseDatabase::kNo);
  }
  topology.now = std::make_shared<const Topology>(*std::move(made));
  engine.set_regions(regions_of(*topology.now));
}

void Control::Impl::publish_table(Prepared prepared) {
  zones.publish(std::move(prepared), [this](std::size_t i) { return engine.published(i); });
  reap_later();
}

// Votes are asked by peers keys; everything else concerns relays.
void Control::Impl::datagram(base::ByteView bytes, const base::SocketAddress& from) {
  if (!voter.take(bytes, from, *relay_socket, now().boot)) relayer.receive(bytes);
}

void Control::Impl::start(std::function<void()> ready_hook) {
  on_ready = std::move(ready_hook);
  waits_from = now().boot;
  open_paths();
  const bool nothing_to_wait_for = listened || (health.all_known() && monitors.all_looked());
  first_round.start(nothing_to_wait_for ? base::Duration::zero() : first_round_bound(config.poll));
  if (!listened) begin_relays();
  arm();
}

// A path for each URL of each member; those that exist go on undisturbed.
void Control::Impl::open_paths() {
  std::map<std::pair<decide::MemberId, std::string>, std::unique_ptr<EcvPath>> before;
  for (auto& path : paths) before.emplace(std::pair(path->member(), path->url()), std::move(path));
  std::vector<std::unique_ptr<EcvPath>> next;
  for (const Target& target : members) {
    for (const std::string& url : target.urls) {
      if (auto known = before.extract({target.id, url}); !known.empty() && known.mapped()->tls() == target.tls) {
        next.push_back(std::move(known.mapped()));
      } else {
        next.push_back(std::make_unique<EcvPath>(context, target.id, url, target.tls,
                                                 [this](const Polled& poll) { return polled(poll); }));
      }
    }
  }
  paths = std::move(next);
}

Fault Control::Impl::polled(const Polled& poll) {
  const Now at = now();
  const Effect effect = poll.result.fault == Fault::kNone
                            ? health.report(poll.member, poll.url, poll.result.report, poll.asked, poll.heard)
                            : health.failure(poll.member, poll.url, poll.result.fault, poll.result.detail);
  faults.add(effect.verdict);
  if (on_poll) on_poll();
  if (!deciding) return effect.verdict;
  // In the journal, what happened stands before what was decided on it.
  if (effect.path_changed) events.path_changed(poll, effect.verdict, effect.error, at.wall);
  if (const MemberHealth* member = effect.changed ? health.find(poll.member) : nullptr) {
    events.input(input_of(poll.member, *member), member->boot_id, effect.said_otherwise, at);
  }
  if (effect.newer || effect.changed) engine.member_heard(poll.member, effect.changed, at);
  if (effect.newer) services.hear(poll.member, poll.result.report.service_at, poll.heard);
  if (effect.newer && live) live->reported(poll.member, poll.result.report);
  if (effect.changed && live) live->changed();
  check_first_round();
  arm();
  return effect.verdict;
}

void Control::Impl::check_first_round() {
  if (ready || !monitors.all_looked()) return;
  if (sites_over || health.all_known()) first_round.start(base::Duration::zero());
}

// The bound of the sites has passed, or all is known. The monitors have one of their own.
void Control::Impl::end_first_round() {
  const auto left = waits_from + config.wait_first_round - now().boot;
  if (!std::exchange(sites_over, true) && !monitors.all_looked() && left > base::Duration::zero()) {
    return first_round.start(left);
  }
  if (std::exchange(ready, true)) return;
  tell_untold();
  if (on_ready) on_ready();
}

// What is answered while nobody is up was not told as long as somebody might be heard in the first round.
void Control::Impl::tell_untold() {
  if (!deciding) return;
  for (const Standing& standing : engine.standings()) {
    if (standing.published && !standing.decision.accepted()) decided(standing, engine.observe(standing.config));
  }
}

void Control::Impl::arm() {
  auto next = engine.next();
  if (const auto ends = next_expiry(overrides.list); ends && (!next || *ends < *next)) next = ends;
  if (!next) return deadline.stop();
  deadline.start(std::max<base::Duration>(*next - now().boot, base::Duration::zero()));
}

void Control::Impl::reap_later() { reap_timer.start(kReapInterval, kReapInterval); }

Control::Control(base::Loop& loop, conf::Dnsd config, Options options, snapshot::Publisher& publisher,
                 snapshot::CounterBoard& board)
    : impl_(std::make_unique<Impl>(loop, std::move(config), std::move(options), publisher, board)) {}

Control::~Control() = default;

std::vector<conf::Fault> Control::load_zones() {
  impl_->load_topology();
  auto prepared = impl_->zones.prepare(impl_->config);
  if (!prepared.ok()) return std::move(prepared.faults);
  for (const conf::Fault& fault : prepared.value.catalog.faults()) {
    base::log(base::Level::kError, "zone.not_loaded", to_string(fault));
  }
  for (const auto& zone : prepared.value.catalog.zones) {
    if (zone.data != nullptr) continue;
    base::log(base::Level::kError, "zone.not_served",
              "its names are answered SERVFAIL until its file is mended and read again, as by `dnsd reload`",
              {{"zone", zone.config.origin}});
  }
  for (const conf::Fault& warning : prepared.warnings)
    base::log(base::Level::kWarn, "zone.warning", to_string(warning));
  impl_->first_table = std::move(prepared.value);
  return {};
}

base::Result<void> Control::bind(base::SocketBag* given) { return impl_->bind(given); }
void Control::set_listen(std::vector<base::SocketAddress> addresses) { impl_->listen = std::move(addresses); }
base::Result<void> Control::open() { return impl_->open(); }
void Control::start(std::function<void()> on_ready) { impl_->start(std::move(on_ready)); }

void Control::reload(const std::string& who, const std::string& reason, ReloadHook done) {
  impl_->reload(who, reason, std::move(done));
}
void Control::finish(std::function<void()> then) { impl_->finish(std::move(then)); }

std::optional<base::SocketAddress> Control::stats_address() const {
  if (!impl_->stats_server) return std::nullopt;
  return impl_->stats_server->address();
}

std::optional<base::SocketAddress> Control::relay_address() const {
  if (!impl_->relay_socket) return std::nullopt;
  return impl_->relay_socket->address();
}

}  // namespace control
