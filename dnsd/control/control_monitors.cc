// The monitors within Control: what they look at, what becomes of what they find, and what of it survives a restart.
#include <algorithm>
#include <sstream>

#include "base/io/state_file.h"
#include "base/log.h"
#include "dnsd/control/control_impl.h"

namespace control {

namespace {

// A line for each look that waits for a person.
std::set<std::string> lines_of(const std::string& text) {
  std::set<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) out.insert(line);
  }
  return out;
}

}  // namespace

MonitorHooks Control::Impl::monitor_hooks() {
  return {[this](const decide::Watch& at, const decide::Health& found) {
            if (on_poll) on_poll();
            if (!deciding) return;
            probed(at, found);
            arm();
          },
          [this](const MonitorStanding& standing, MonitorValue before) {
            if (deciding) events.monitor(standing, before, now().wall);
          },
          [this] { store_latched(); },
          [this] {
            if (deciding) check_first_round();  // else start() asks
          }};
}

void Control::Impl::load_latched() {
  auto loaded = io::StateFile(config.server.state_dir / "monitors").load();
  if (loaded.fault == io::SlotFault::kMissing) return;
  if (loaded.fault != io::SlotFault::kNone || loaded.newer_may_be_lost) {
    base::log(base::Level::kWarn, "monitors.unreadable",
              "which members wait for a manual resume may be lost: see that those that failed are well",
              {{"why", loaded.detail}});
  }
  monitors.remember(lines_of(loaded.content));
}

void Control::Impl::store_latched() {
  if (!deciding) return;
  std::string text;
  for (const std::string& each : monitors.latched()) text += each + "\n";
  auto stored = io::StateFile(config.server.state_dir / "monitors").store(text);
  if (stored) return;
  base::log(base::Level::kError, "monitors.unwritable",
            "which members wait for a manual resume cannot be written down: after a restart they would return by "
            "themselves",
            {{"why", stored.error().message}});
}

void Control::Impl::take_monitors() { monitors.configure(config.monitors, watches(config), config.checkpoints); }

void Control::Impl::tell_monitors() {
  const auto all = monitors.watched();
  engine.keep_probed(all);
  for (const decide::Watch& at : all) {
    const auto found = monitors.health(at);
    if (found.value != decide::Health::Value::kUnknown) probed(at, found);
  }
}

// In the journal, what happened stands before what was decided on it.
void Control::Impl::probed(const decide::Watch& at, const decide::Health& found) {
  const Now when = now();
  if (engine.is_news(at, found)) events.probe({at, found}, when);
  engine.probed(at, found, when);
}

// The members of that name beside whatever the monitors know by it.
io::ControlReply Control::Impl::resume_member(const io::ControlRequest& request, const std::string& what) {
  if (what.empty()) return {2, "{}", "resume: no member given"};
  if (request.reason.empty()) return {2, "{}", "resume: --reason is needed"};
  if (!deciding) return {1, "{}", "another process is taking over from this one: ask again"};
  std::set<std::string> meant{what};
  for (const Standing& standing : engine.standings()) {
    for (const decide::Member& member : standing.config.members) {
      if (member.of_site() || member.id.pool != what) continue;
      for (const base::IpAddress& address : member.addresses) meant.insert(address.to_string());
      if (!member.cname.empty() && !member.monitor.empty()) meant.insert(member.monitor);
    }
  }
  std::size_t count = 0;
  for (const std::string& each : meant) count += monitors.resume(each);
  const std::string outcome =
      count == 0 ? "nothing waits for a resume: " + what
                 : "resumed: " + what + ", " + std::to_string(count) + (count == 1 ? " monitor" : " monitors");
  events.command(request.command, request.user, request.reason, outcome, now());
  arm();
  if (count == 0) {
    return {1, "{}", outcome + "; `dnsd status` lists what waits, as monitor@address"};
  }
  return {0, "{\"resumed\":" + std::to_string(count) + "}", ""};
}

}  // namespace control
