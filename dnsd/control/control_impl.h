// What Control consists of. For sources of this folder only.
#pragma once

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "base/io/control.h"
#include "base/io/file_watch.h"
#include "base/io/udp.h"
#include "dnsd/control/control.h"
#include "dnsd/control/ecv_path.h"
#include "dnsd/control/event_log.h"
#include "dnsd/control/live.h"
#include "dnsd/control/monitors.h"
#include "dnsd/control/override_check.h"
#include "dnsd/control/override_file.h"
#include "dnsd/control/relay.h"
#include "dnsd/control/service_tests.h"
#include "dnsd/control/stats_server.h"
#include "dnsd/control/view.h"
#include "dnsd/control/voter.h"
#include "dnsd/control/wideip_settings.h"

namespace control {

struct Control::Impl {
  // A configuration that was read again, and its table; nothing of them if it is refused.
  struct Read {
    ReloadOutcome outcome;
    conf::Dnsd config;
    std::optional<Prepared> prepared;
    std::shared_ptr<const Topology> topology;
    std::string topology_fault;  // of the database: the last good map stays
  };

  // A reload that somebody asked for.
  struct Wanted {
    std::string who;
    std::string reason;
    ReloadHook done;
  };

  Impl(base::Loop& loop_in, conf::Dnsd config_in, Options options_in, snapshot::Publisher& publisher,
       snapshot::CounterBoard& board_in);
  ~Impl();

  [[nodiscard]] Now now() const { return options.clock(); }
  [[nodiscard]] View view() const;

  // control.cc
  base::Result<void> bind(base::SocketBag* given);
  base::Result<void> open();
  void begin_live();
  base::Result<void> load_ledger();
  base::Result<void> store(const Ledger& ledger, const Ledger::Change& change);
  void decided(const Standing& standing, const std::vector<decide::Observation>& observed);
  void load_topology();
  void publish_table(Prepared prepared);
  void start(std::function<void()> ready_hook);
  void open_paths();
  void datagram(base::ByteView bytes, const base::SocketAddress& from);
  Fault polled(const Polled& poll);
  void check_first_round();
  void end_first_round();
  void tell_untold();
  void arm();
  void reap_later();

  // control_monitors.cc
  [[nodiscard]] MonitorHooks monitor_hooks();
  void load_latched();
  void store_latched();
  // Looks at what the configuration's wide-IPs stand on…
  void take_monitors();
  // …and what is known of that goes to the engine.
  void tell_monitors();
  void probed(const decide::Watch& at, const decide::Health& found);
  io::ControlReply resume_member(const io::ControlRequest& request, const std::string& what);

  // control_overrides.cc
  // From the disk; those that ended while no process ran are told as such.
  void load_orders();
  void expire_orders();
  // Over other wide-IPs: orders that concern nobody any more, and those that the rules would refuse now. They stay.
  void doubt_orders();
  io::ControlReply give_order(decide::OrderKind kind, const io::ControlRequest& request);
  io::ControlReply end_order(decide::OrderKind kind, const io::ControlRequest& request);
  // On the disk, then in force, then told. Error: nothing was changed.
  base::Result<void> take_orders(OrderList list, const std::function<void()>& told);

  // reload.cc
  void reload(const std::string& who, const std::string& reason, ReloadHook done);
  void finish(std::function<void()> then);
  // Reads and compiles. Changes nothing, and reads nothing that changes but by apply(): it may run on another thread.
  [[nodiscard]] Read read_again() const;
  ReloadOutcome put_in_place(Read made);
  base::Result<void> renew_stats(const conf::Dnsd& next);
  void begin_reading();
  void have_read();  // the thread is done
  void tell(const ReloadOutcome& outcome, const std::vector<Wanted>& asked);
  // Begins, changes or ends the watch over the files, as the configuration has it now.
  void watch_files();
  void apply(Read made);
  // The map of the configuration's topology; the present one where only the database is bad. Error: it is bad, and no
  // good one was of these regions.
  base::Result<void> read_topology(const conf::Topology& next, Read& into) const;
  // The wide-IPs are kept by the engine from now on: the configuration's copy of them is given back.
  void release_names();
  void take_names();

  // replace.cc
  void listen_first(std::function<void()> on_change);
  void pause();
  void resume();
  void pause_sockets();
  void resume_sockets();
  void begin_relays();

  // commands.cc
  void take_command(const io::ControlRequest& request, const io::ControlAnswer& answer);
  io::ControlReply command(const io::ControlRequest& request);
  io::ControlReply forget_epoch(const io::ControlRequest& request, const std::string& pool);

  base::Loop& loop;
  conf::Dnsd config;            // without its wide-IPs once the engine has them
  std::vector<Target> members;  // of the wide-IPs
  ServiceTexts tests;           // likewise
  Options options;
  snapshot::CounterBoard& board;
  base::Instant started;
  std::vector<base::SocketAddress> listen;
  bool ready = false;
  bool deciding = false;     // from open() on, but for a pause()
  bool listened = false;     // the members were polled before open()
  base::Instant waits_from;  // the begin of the first round
  bool sites_over = false;   // the first round of the sites is, or its bound has passed
  std::function<void()> on_poll;
  std::function<void()> on_ready;

  ecv::KeyRing keys;
  ZoneTable zones;
  HealthTable health;
  EventLog events;
  std::unique_ptr<LedgerFile> ledger_file;  // nothing before open(), or if it could not be read
  Engine engine;
  Relayer relayer;
  Voter voter;
  ServiceTests services;
  Monitors monitors;
  FaultCounters faults;
  ReloadCounters reloads;
  OverrideStanding overrides;
  SafetyPlaces safety_places;
  std::optional<OverrideFile> override_file;  // nothing before open()
  TopologyStanding topology;
  std::optional<Prepared> first_table;  // between load_zones() and open()

  // A reload that is being read on a thread of its own, and those that were asked for meanwhile.
  std::vector<Wanted> reading;  // by the thread: one reading serves all that were asked for before it began
  std::vector<Wanted> wanted;   // since then
  std::unique_ptr<Read> read;   // written by the thread before it wakes the loop
  std::thread reader;
  std::function<void()> then_end;  // once it is done

  io::HttpClient http;
  EcvContext context;
  std::vector<std::unique_ptr<EcvPath>> paths;
  std::unique_ptr<io::UdpSocket> relay_socket;
  std::unique_ptr<io::ControlServer> control_server;
  std::vector<snapshot::SeenQueries::Mark> seen_marks;
  std::unique_ptr<Live> live;  // the status page's; its streams end before their server
  std::unique_ptr<StatsServer> stats_server;
  std::optional<io::FileWatch> watch;  // with reload_on_change

  // Deadlines only wake the loop; what is due is decided after all sockets were read (protocol.md rule 8), so that a
  // report that waits to be read wins over the deadline that it renews.
  bool due = false;
  base::Async wake;
  base::Timer deadline;
  base::AfterPoll after_poll;
  base::Async read_wake;
  base::Timer first_round;
  base::Timer relay_timer;
  base::Timer reap_timer;
  bool trim = false;  // a configuration was given back: its memory is to go to the system
};

}  // namespace control
