// The control plane of dnsd: polls the sites, decides, publishes; reloads; answers commands and the stats port.
//
//   Control control(loop, config, options, publisher, board);
//   control.load_zones();   // faults: nothing is served
//   control.bind();         // relay, stats and control sockets; then privileges may be dropped
//   control.open();         // memory and journal; publishes the first table, with the remembered answers
//   control.start(ready);   // polls; `ready` runs once when the first round is over, or after a bounded wait
//   loop.run();
//
// One thread owns it: the loop's. It reaches the data plane only through the publisher and the counters.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/io/control.h"
#include "base/result.h"
#include "base/socket_bag.h"
#include "base/uv.h"
#include "conf/dnsd.h"
#include "conf/fault.h"
#include "dnsd/control/engine.h"
#include "zones/snapshot/counters.h"
#include "zones/snapshot/publisher.h"

namespace control {

// Seams for tests; the defaults are the real world.
struct Options {
  std::filesystem::path config_file;                                                  // read again by a reload
  std::function<conf::Loaded<conf::Dnsd>(const std::filesystem::path&)> load_config;  // default: conf::load_dnsd
  std::function<Now()> clock;                                                         // default: the system's
  // A reload put this in force: for settings of the data plane, which control does not know.
  std::function<void(const conf::Dnsd&)> on_reload = {};
  // The command `replace` (dnsd/predecessor.h).
  std::function<void(const io::ControlRequest&, const io::ControlAnswer&)> on_replace = {};
};

struct ReloadOutcome {
  bool done = false;                     // the new configuration is in force
  std::vector<conf::Fault> faults;       // of the configuration: nothing was changed
  std::vector<std::string> restart;      // settings that changed and need a restart: nothing was changed
  std::vector<conf::Fault> zone_faults;  // of zones that keep their last good version; all else was reloaded
  std::vector<conf::Fault> warnings;
};

using ReloadHook = std::function<void(const ReloadOutcome&)>;

class Control {
 public:
  Control(base::Loop& loop, conf::Dnsd config, Options options, snapshot::Publisher& publisher,
          snapshot::CounterBoard& board);
  ~Control();
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  // Reads the zones and compiles the first table. Empty: good. Zones of several that cannot be loaded are logged, and
  // their names are SERVFAIL. Call once, first.
  [[nodiscard]] std::vector<conf::Fault> load_zones();

  // Binds the relay, stats and control sockets that are configured, but for those that lie in `given`. Error names the
  // socket.
  [[nodiscard]] base::Result<void> bind(base::SocketBag* given = nullptr);
  // Where the data plane listens, for `status`.
  void set_listen(std::vector<base::SocketAddress> addresses);

  // Opens what lies in the state folder, which is made if need be; publishes the first table. Error: the memory is
  // there but cannot be used (see LedgerFile::load), or there are wide-IPs, no memory yet, and none can be written.
  [[nodiscard]] base::Result<void> open();

  // Instead of bind() and open() at once, for a process that takes over from another (dnsd/predecessor.h): between
  // bind() and open() nothing is received at the sockets, but the members are polled; `on_change` runs whenever that
  // brings something new. Nothing is decided, written or answered.
  void listen_first(std::function<void()> on_change);
  // Members whose claims come in at present: "site1/main".
  [[nodiscard]] std::set<std::string> heard() const;
  // All that are polled.
  [[nodiscard]] std::set<std::string> members() const;
  // After open(): the other process has ended its part. Until then relays wait, and the voter with them: never two.
  void succeed();
  // The other side: decides, writes and receives nothing any more, and tells where its sockets are…
  void pause();
  [[nodiscard]] std::vector<int> sockets() const;
  // …goes on after all, with the memory as it is on the disk now…
  void resume();
  // …or is succeeded: the file of the control socket belongs to another process.
  void give_away();

  // Begins to poll. `on_ready` runs once, from the loop: every member answered or failed on every path, or two polls
  // and a bit have passed.
  void start(std::function<void()> on_ready);

  // Whole or not at all; the claims and the memory of unchanged members survive. `who` and `reason` go to the journal.
  // Files are read and compiled on a thread of their own, one reload at a time; what was asked for meanwhile is one
  // reload after it. `done` runs from the loop, or at once if this process does not decide; never if this object is
  // gone before.
  void reload(const std::string& who, const std::string& reason, ReloadHook done = {});
  // Before the end: `then` runs once no reload is being read, at once if none is. From now on each is refused. Until
  // then the loop must go on.
  void finish(std::function<void()> then);

  // Really bound; nothing where not configured.
  [[nodiscard]] std::optional<base::SocketAddress> stats_address() const;
  [[nodiscard]] std::optional<base::SocketAddress> relay_address() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace control
