// The command line of sitecheck: flags in, tables or JSON out. What serves and guards is handed in by main.
#pragma once

#include <filesystem>
#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include "conf/fault.h"
#include "conf/sitecheck.h"

namespace sitecheck::cli {

struct ServeOptions {
  std::filesystem::path config;  // the file that was loaded
  bool bootstrap = false;        // protocol.md rule 15: this site lost its state and has no second source
};

struct GuardOptions {
  std::filesystem::path config;
  std::string pool;                           // one pool; empty: every pool that has a guard
  std::optional<base::SocketAddress> listen;  // for a sitecheck on another host, in place of guard.address
  bool remove = false;                        // take the packet filter of kind nft away
};

struct Hooks {
  // Runs in the foreground until told to stop; the return value is the exit status. The configuration has no faults;
  // logging is configured. It prints the `ready` line itself.
  std::function<int(const conf::Sitecheck&, const ServeOptions&)> serve;
  // The dead-man guard (protocol.md section 5), likewise.
  std::function<int(const conf::Sitecheck&, const GuardOptions&)> guard;
};

// Exit status: 0 yes or done, 1 no or failed, 2 usage or bad configuration. `args` are without the program's name.
[[nodiscard]] int run(const std::vector<std::string>& args, const Hooks& hooks, std::ostream& out, std::ostream& err);
// For main: standard output and standard error. No exception leaves it.
[[nodiscard]] int run(int argc, char** argv, const Hooks& hooks);

}  // namespace sitecheck::cli
