// The journal of inputs and decisions (`dnsd events`), and the log lines that go with it. A journal tells, it decides
// nothing: when it cannot be written that is logged once, and the work goes on.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/io/journal.h"
#include "conf/fault.h"
#include "dnsd/control/ecv_path.h"
#include "dnsd/control/engine.h"
#include "dnsd/control/inputs.h"
#include "dnsd/control/monitors.h"
#include "dnsd/control/overrides.h"
#include "dnsd/control/service_tests.h"

namespace control {

class EventLog {
 public:
  // Error names the path. Until open() succeeded, events go to the log only.
  [[nodiscard]] base::Result<void> open(const std::filesystem::path& path, io::JournalOptions options = {});
  // From here on events go to the log only.
  void close() { journal_.reset(); }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }
  // Called with each line that people are told of, as the journal has it, whether or not it can be written down.
  void on_line(std::function<void(const std::string&)> hook) { on_line_ = std::move(hook); }

  // A member's site says something else than before, or began or ceased to say anything. `otherwise`: its claim is
  // another one.
  void input(const MemberInput& input, std::uint64_t boot_id, bool otherwise, Now now);
  // A monitor, or a composite of some, says something else than before of what a wide-IP stands on.
  void probe(const ProbeInput& input, Now now);
  // A path began or ceased to fail.
  void path_changed(const Polled& polled, Fault verdict, const std::string& error, base::WallTime now);
  // A decision on wide-IPs, with all that it was decided on, so that it can be decided again (simulate.h): `observed`
  // as decide() had it. More than kNamesToldOf names that are decided alike are told of at once, by the first of them;
  // lists of names say who the others are (name_list.h).
  void decided(const Engine& engine, const Standing& standing, const std::vector<decide::Observation>& observed,
               base::WallTime now);
  // A command that changes something, and who gave it. `forgotten`: the pool that forget-epoch forgot, if it did.
  void command(const std::string& command, const std::string& user, const std::string& reason,
               const std::string& outcome, Now now, const std::string& forgotten = "");
  // What became of an order: "given", "ended" (by a person), "expired", "loaded" (at a start). `by`: who did that, and
  // why. `in_force` are all orders from now on, so that what follows can be decided again; `broken` the safety rules
  // that it was given against.
  void order(const std::string& action, const Order& order, const std::string& user, const std::string& reason,
             const OrderList& in_force, const std::vector<std::string>& broken, Now now);
  // This server's vote in a pool went from one site to another; "" is nobody.
  void vote(const std::string& pool, const std::string& before, const std::string& holder, base::WallTime now);
  // A service address is up or down, and was not before.
  void service(const ServiceStanding& standing, base::WallTime now);
  // A monitor went from one value to another.
  void monitor(const MonitorStanding& standing, MonitorValue before, base::WallTime now);
  void started(const std::string& id, Now now);

 private:
  // Whether people are told of it, beside the journal.
  enum class Show : std::uint8_t { kYes, kNo };
  void write(base::WallTime now, const std::string& object, Show show = Show::kYes);
  void write_names(const Engine& engine, const Standing& standing, std::size_t with, base::WallTime now);

  std::filesystem::path path_;
  std::optional<io::Journal> journal_;
  bool broken_ = false;
  std::uint64_t arrangement_ = 0;                     // of the engine's names, that the lists are of
  std::map<std::string, std::uint64_t> lists_stand_;  // by the first name, in which file of the journal
  std::function<void(const std::string&)> on_line_;
};

}  // namespace control
