// Reads sitecheck.yaml anew: whole or not at all (spec.md section 7), when it is told to, and with reload_on_change by
// itself. The text is read and checked by a thread, so that a large configuration holds up no datagram; then all of it
// is taken over in one turn of the loop.
//
// Owned by the loop's thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/control.h"
#include "conf/fault.h"
#include "conf/sitecheck.h"
#include "sitecheck/io/runner.h"

namespace sitecheck {

struct ReloadOutcome {
  bool done = false;  // the new configuration is in force; of a dry run: it would be
  bool dry_run = false;
  std::vector<conf::Fault> faults;    // of the configuration: nothing was changed
  std::vector<std::string> restart;   // settings that changed and need a restart: nothing was changed
  std::vector<std::string> refused;   // why it cannot be taken over as the site stands now: nothing was changed
  std::vector<std::string> changes;   // "+ node db4 in pool main", "~ warn_lag of pool main: 10s -> 30s"
  std::vector<std::string> notes;     // what is left to do: guards that must be told
  std::vector<conf::Fault> warnings;  // of the configuration
  base::Duration took{};              // all of it
  base::Duration held{};              // of it, for how long the loop did nothing else
};
// Exit status 0 done, 1 restart needed or refused, 2 faults; the data is conf/schema/sitecheck-reload.schema.json.
[[nodiscard]] io::ControlReply to_reply(const ReloadOutcome& outcome);

struct ReloadCounters {
  std::uint64_t done = 0;
  std::uint64_t refused = 0;
};

struct ReloaderHooks {
  // Takes over what else there is of the configuration and may fail, before the runner does. After a failure it gets
  // what was in force.
  std::function<base::Result<void>(const conf::Sitecheck& next)> before;
  // The runner has it.
  std::function<void(const conf::Sitecheck& before)> after;
  std::function<void(const core::Journal&)> journal;
};

class Reloader {
 public:
  // `runner` outlives it.
  Reloader(base::Loop& loop, Runner& runner, std::filesystem::path file, ReloaderHooks hooks);
  ~Reloader();
  Reloader(const Reloader&) = delete;
  Reloader& operator=(const Reloader&) = delete;

  // `done` comes once, from the loop; not after this object is gone. One runs at a time, the others wait.
  void run(bool dry_run, std::string who, std::string reason, std::function<void(const ReloadOutcome&)> done);
  // Dry runs do not count.
  [[nodiscard]] const ReloadCounters& counters() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
