// Reload: whole or not at all (spec.md section 7). Everything that can fail is done beside what serves; then the new
// state is put in place by steps that cannot fail.
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/scheduling.h"
#include "dnsd/control/control_impl.h"

namespace control {

namespace {

std::string describe(const ReloadOutcome& out) {
  if (!out.faults.empty()) return "refused: " + std::to_string(out.faults.size()) + " faults";
  if (!out.restart.empty()) return "refused: restart needed";
  if (!out.zone_faults.empty()) return "done; some zones keep their last good version";
  return "done";
}

void log_outcome(const ReloadOutcome& out) {
  for (const conf::Fault& fault : out.faults) base::log(base::Level::kError, "reload.fault", to_string(fault));
  for (const std::string& key : out.restart) {
    base::log(base::Level::kError, "reload.restart_needed",
              "this setting changes only by a restart; nothing was changed", {{"setting", key}});
  }
  for (const conf::Fault& fault : out.zone_faults) base::log(base::Level::kError, "zone.kept", to_string(fault));
  for (const conf::Fault& warning : out.warnings) base::log(base::Level::kWarn, "reload.warning", to_string(warning));
}

}  // namespace

Control::Impl::Read Control::Impl::read_again() const {
  Read out;
  conf::Loaded<conf::Dnsd> loaded = options.load_config(options.config_file);
  out.outcome.warnings = std::move(loaded.warnings);
  out.outcome.faults = std::move(loaded.faults);
  if (out.outcome.faults.empty()) out.outcome.restart = fixed_differences(config, loaded.value);
  if (!out.outcome.faults.empty() || !out.outcome.restart.empty()) return out;
  auto prepared = zones.prepare(loaded.value);
  auto& warnings = out.outcome.warnings;
  warnings.insert(warnings.end(), prepared.warnings.begin(), prepared.warnings.end());
  out.outcome.faults = std::move(prepared.faults);
  if (!out.outcome.faults.empty()) return out;
  if (auto topology_read = read_topology(loaded.value.topology, out); !topology_read) {
    const auto message = "database: " + topology_read.error().message;
    out.outcome.faults.push_back({loaded.value.topology.database_at, message});
    return out;
  }
  if (!out.topology_fault.empty()) {
    warnings.push_back(
        {loaded.value.topology.database_at, "database: " + out.topology_fault + "; the last good one stays in use"});
  }
  out.outcome.zone_faults = prepared.value.catalog.faults();
  out.config = std::move(loaded.value);
  out.prepared = std::move(prepared.value);
  return out;
}

base::Result<void> Control::Impl::read_topology(const conf::Topology& next, Read& into) const {
  auto made = make_topology(next);
  if (made) {
    into.topology = std::make_shared<const Topology>(*std::move(made));
    return {};
  }
  into.topology_fault = made.error().message;
  if (!same_rules(next, config.topology)) return base::fail(into.topology_fault);
  into.topology = topology.now;
  return {};
}

void Control::Impl::reload(const std::string& who, const std::string& reason, ReloadHook done) {
  const Wanted asked{who, reason, std::move(done)};
  if (!deciding || then_end) return tell(put_in_place({}), {asked});
  wanted.push_back(asked);
  if (!reader.joinable()) begin_reading();
}

void Control::Impl::begin_reading() {
  reading = std::exchange(wanted, {});
  const auto run = [this] {
    base::give_way();  // queries come first
    read = std::make_unique<Read>(read_again());
    read_wake.send();
  };
  try {
    reader = std::thread(run);
  } catch (const std::system_error&) {  // the system has no thread to give: then it holds up the loop
    tell(put_in_place(read_again()), std::exchange(reading, {}));
  }
}

void Control::Impl::have_read() {
  reader.join();
  tell(put_in_place(std::move(*std::exchange(read, nullptr))), std::exchange(reading, {}));
  if (then_end) {
    if (!wanted.empty()) tell(put_in_place({}), std::exchange(wanted, {}));
    return std::exchange(then_end, nullptr)();
  }
  // A hook may have asked for the next one, which then reads already.
  if (!wanted.empty() && !reader.joinable()) begin_reading();
}

ReloadOutcome Control::Impl::put_in_place(Read made) {
  ReloadOutcome out = std::move(made.outcome);
  if (!made.topology_fault.empty()) {
    ++topology.failures;
    topology.fault = made.topology_fault;
  } else if (made.topology) {
    topology.fault.clear();
  }
  if (then_end) {
    out.faults.push_back({{}, "this process is about to end"});
  } else if (!deciding) {  // since it was asked for, or since it began to read
    out.faults.push_back({{}, "another process is taking over from this one: reload that one"});
  } else if (!made.prepared) {
    // Its faults are there already.
  } else if (const auto renewed = renew_stats(made.config); !renewed) {
    out.faults.push_back({made.config.stats->mark, "stats: " + renewed.error().message});
  } else {
    apply(std::move(made));
    out.done = true;
  }
  ++(out.done ? reloads.done : reloads.refused);
  log_outcome(out);
  return out;
}

// Certificate and tokens; before anything else is put in place, since it may fail.
base::Result<void> Control::Impl::renew_stats(const conf::Dnsd& next) {
  return stats_server && next.stats ? stats_server->renew(*next.stats) : base::Result<void>();
}

void Control::Impl::tell(const ReloadOutcome& outcome, const std::vector<Wanted>& asked) {
  for (const Wanted& each : asked) {
    events.command("reload", each.who, each.reason, describe(outcome), now());
    if (each.done) each.done(outcome);
  }
}

void Control::Impl::finish(std::function<void()> then) {
  if (!reader.joinable()) return then();
  then_end = std::move(then);
}

void Control::Impl::watch_files() {
  if (!config.reload_on_change) return watch.reset();
  std::vector<std::filesystem::path> files = config.watched;
  for (const compile::CatalogZone& zone : zones.catalog().zones) {
    files.push_back(zone.config.file);
    files.insert(files.end(), zone.files.begin(), zone.files.end());
  }
  files.push_back(config.topology.database);
  std::erase_if(files, [](const auto& file) { return file.empty(); });
  // A master file is written in one go, but several of them, or a file and its serial, often one after the other.
  constexpr base::Duration kQuiet = base::milliseconds(200);
  if (!watch) watch.emplace(loop, kQuiet, [this] { reload("change of a file", "", {}); });
  if (auto begun = watch->watch(files); !begun) {
    base::log(base::Level::kWarn, "reload.unwatched", "some files are not watched: after a change of them, run reload",
              {{"why", begun.error().message}});
  }
}

void Control::Impl::apply(Read made) {
  const bool other_pace = made.config.poll != config.poll;
  config = std::move(made.config);
  topology.now = std::move(made.topology);
  engine.set_regions(regions_of(*topology.now));
  keys = ecv::KeyRing(config.ring(), ecv::Purpose::kDnsd);
  context.poll = config.poll;
  if (other_pace) paths.clear();
  // Decided before the new table is published, for it: until then the old one serves undisturbed.
  zones.detach();
  take_names();
  engine.decide_all(now());
  doubt_orders();
  publish_table(*std::move(made.prepared));
  release_names();
  if (live) live->reloaded();
  watch_files();
  if (options.on_reload) options.on_reload(config);
  open_paths();
  if (relay_socket) relay_timer.start(config.poll, config.poll);
  arm();
}

}  // namespace control
