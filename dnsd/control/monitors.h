// The monitors of members without a sitecheck: looks at each (monitor, address) that a wide-IP stands on, at its pace,
// and tells what became of it. The thresholds are in monitor_state.h, what a look is in probes/.
//
// One address that several members have under one monitor is looked at once. Looks are spread: at the start over half a
// second, then over their interval, in slots of a few together (probes/slots.h), so that many wake the process seldom.
// On the control loop's thread.
#pragma once

#include <array>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/io/http_client.h"
#include "base/uv.h"
#include "conf/monitor.h"
#include "dnsd/control/monitor_state.h"
#include "dnsd/decide/health.h"

namespace control {

// What status and journal tell of one monitor at one address.
struct MonitorStanding {
  decide::Watch watch;  // without an address where the monitor looks at one of its own
  conf::MonitorKind kind = conf::MonitorKind::kHttp;
  MonitorState state;
  probes::Outcome outcome = probes::Outcome::kTimeout;  // of the latest look, if there was one
  std::optional<base::Instant> looked;                  // when that began
  base::Duration latency{};
  std::string text;   // what it found, for people; empty if all is well
  std::string waits;  // as waits_for()
};
// "web@192.0.2.1"; "web" where it looks at an address of its own.
[[nodiscard]] std::string watch_text(const decide::Watch& watch);

struct MonitorHooks {
  // What a wide-IP may stand on is otherwise than before. Never called from within configure().
  std::function<void(const decide::Watch&, const decide::Health&)> told;
  // A monitor that looks by itself went from one value to another, for the journal.
  std::function<void(const MonitorStanding&, MonitorValue before)> changed;
  // The looks that wait for a person are others than before: they are to survive a restart.
  std::function<void()> latched;
  // Nothing is unknown for want of a first look any more.
  std::function<void()> first_round;
};

class Monitors {
 public:
  static constexpr std::size_t kOutcomes = static_cast<std::size_t>(probes::Outcome::kDisabled) + 1;
  using Counters = std::array<std::uint64_t, kOutcomes>;  // looks by probes::Outcome

  Monitors(base::Loop& loop, MonitorHooks hooks);
  ~Monitors();
  Monitors(const Monitors&) = delete;
  Monitors& operator=(const Monitors&) = delete;

  // Those that wait for a person, as latched() gave them before a restart. Before configure().
  void remember(std::set<std::string> latched) { remembered_ = std::move(latched); }
  // Looks at `wanted` from now on, and at nothing else. Monitors that are as before go on undisturbed. A monitor that
  // was changed looks anew at once, and its members stay what they were until its looks say otherwise.
  //
  // `checkpoints`: while the latest look of every one of these failed, this server is the one that is cut off, and no
  // failed look counts but theirs.
  void configure(const std::vector<conf::Monitor>& monitors, const std::set<decide::Watch>& wanted,
                 const std::vector<std::string>& checkpoints = {});
  // A person brings back what waits for that: everything whose monitor, address or watch_text() is `what`. How many.
  std::size_t resume(const std::string& what);

  // What the last configure() wanted, without those that have no place to look at.
  [[nodiscard]] std::set<decide::Watch> watched() const;
  // There are checkpoints, and the latest look of each failed.
  [[nodiscard]] bool isolated() const { return isolated_; }
  // Every look was taken at least once.
  [[nodiscard]] bool all_looked() const { return unlooked_ == 0; }
  // Of one of `wanted`, composites too; unknown for others.
  [[nodiscard]] decide::Health health(const decide::Watch& watch) const;
  // Those that look, in order; composites are made of them.
  [[nodiscard]] std::vector<MonitorStanding> standings() const;
  [[nodiscard]] const Counters& counters() const { return counters_; }
  [[nodiscard]] std::set<std::string> latched() const;
  [[nodiscard]] std::size_t size() const { return looks_.size(); }
  // How many stand at each value.
  [[nodiscard]] std::array<std::size_t, 4> tally() const;

 private:
  struct Look;
  struct Node;
  void begin(const conf::Monitor& monitor, const decide::Watch& place);
  std::unique_ptr<Node> grow(const std::string& monitor, const decide::Watch& watch,
                             const std::vector<conf::Monitor>& monitors);
  void looked(Look& look, const probes::Observation& seen);
  void tell(const Look& look);
  [[nodiscard]] decide::Health evaluate(const Node& node) const;
  void gather(const Node& node);
  void judge_isolation();

  base::Loop& loop_;
  MonitorHooks hooks_;
  io::HttpClient http_;
  std::size_t programs_ = 0;                              // that run now
  std::map<decide::Watch, std::shared_ptr<Look>> looks_;  // shared with nobody but the map before, in configure()
  std::map<decide::Watch, std::unique_ptr<Node>> trees_;
  std::vector<Look*> checkpoints_;
  bool isolated_ = false;
  std::map<decide::Watch, decide::Health> told_;
  std::set<std::string> remembered_;
  Counters counters_{};
  std::size_t unlooked_ = 0;
};

}  // namespace control
