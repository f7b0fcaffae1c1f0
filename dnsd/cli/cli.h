// The command line of dnsd: flags in, tables or JSON out. What serves is handed in by main.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/dnsd.h"
#include "conf/fault.h"
#include "conf/timeline.h"

namespace dnsd::cli {

struct ServeOptions {
  std::filesystem::path config;  // the file that was loaded, to read again on reload
  bool replace = false;          // take over from the dnsd that runs
};

struct Hooks {
  // Runs the server in the foreground until it is told to stop; its return value is the exit status. It gets a
  // configuration without faults; logging is configured. It prints the `ready` line itself.
  std::function<int(conf::Dnsd, const ServeOptions&)> serve;
  // Compiles the zones with their wide-IPs and gives all that was found; may be empty (nothing is compiled).
  std::function<conf::Findings(const conf::Dnsd&)> check_zones;
  // The same of the topology, which it tells how large its map is.
  std::function<conf::Findings(conf::Topology&)> check_topology = {};
  // What a configuration would change of the daemon that told of itself in these parts: the text of a JSON object
  // (`against` in conf/schema/dnsd-check.schema.json).
  std::function<base::Result<std::string>(const conf::Dnsd&, std::span<const std::string> running)> compare = {};
  // A configuration on a timeline, and on the lines of a journal (conf/schema/dnsd-simulate.schema.json).
  std::function<conf::Loaded<std::string>(const conf::Dnsd&, const conf::Timeline&)> simulate = {};
  std::function<base::Result<std::string>(const conf::Dnsd&, std::span<const std::string> journal)> replay = {};
};

// Exit status: 0 yes or done, 1 no or failed, 2 usage or bad configuration. `args` are without the program's name.
[[nodiscard]] int run(const std::vector<std::string>& args, const Hooks& hooks, std::ostream& out, std::ostream& err);
// For main: standard output and standard error. No exception leaves it.
[[nodiscard]] int run(int argc, char** argv, const Hooks& hooks);

}  // namespace dnsd::cli
