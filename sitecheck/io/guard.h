// The dead-man guard of one pool (protocol.md section 5): it lives outside the sitecheck process, beside mysqld, holds
// the permit's deadline, and closes the writer service when the deadline passes, again and again until that is
// confirmed. What it holds closed it goes on watching: a node that opens without a permit is closed again.
//
// Kind process does so with admin connections of its own: read_only and KILL, then SIGKILL where it may. Kind nft does
// the same, and besides the kernel cuts the clients off at the deadline by itself (packet_filter.h): what one cannot
// do, the other does. Where the guard stops, the table stays: it closes when the permit ends, and a guard that starts
// within it finds it open. Only `sitecheck guard --remove` takes it away.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/io/guard_port.h"
#include "sitecheck/io/node_closer.h"
#include "sitecheck/io/packet_filter.h"

namespace sitecheck {

struct GuardSettings {
  std::string pool;
  std::filesystem::path socket;
  // Tells a guard that starts anew of a permit that runs: sitecheck's mapping, or, for a sitecheck on another host, a
  // file that the guard keeps itself.
  std::filesystem::path permit;
  base::Duration tick = base::milliseconds(50);
  base::Duration fence_bound = base::milliseconds(600);
  std::vector<CloserOptions> nodes;         // the local ones
  std::optional<FilterOptions> filter;      // kind nft
  std::optional<GuardPortSettings> remote;  // hears a sitecheck on another host, in place of the socket
};
// `listen`: in place of the configured address.
[[nodiscard]] GuardSettings guard_settings(const conf::Sitecheck& conf, const conf::Pool& pool,
                                           const std::optional<base::SocketAddress>& listen = std::nullopt);

class Guard {
 public:
  // Error names the path, the socket or the permit's file, or says why the kernel's table cannot be made.
  [[nodiscard]] static base::Result<std::unique_ptr<Guard>> start(base::Loop& loop, GuardSettings settings);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  struct Impl;
  explicit Guard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

struct GuardCommand {
  std::string pool;  // "": every pool that has a guard
  std::optional<base::SocketAddress> listen;
  bool remove = false;  // take the table of kind nft away, and end
};
// `sitecheck guard`: until SIGTERM or SIGINT. Prints `ready guard=PATH …`. The return value is the exit status.
[[nodiscard]] int run_guard(const conf::Sitecheck& conf, const GuardCommand& command);

// The admin account as the closers use it: statements that wait for locks end by themselves. `here`: the process of a
// pid file is one of this host.
// Which nodes these are: names and addresses, in any order. sitecheck and its guard compare it, since a guard that does
// not know a node could not close it (protocol.md rule 7).
[[nodiscard]] std::uint64_t nodes_hash(const std::vector<CloserOptions>& nodes);
[[nodiscard]] CloserOptions closer_of(const conf::Pool& pool, const conf::Node& node, bool here);
[[nodiscard]] std::vector<CloserOptions> closers_of(const conf::Pool& pool, bool here);  // of its local nodes
[[nodiscard]] probes::MysqlTarget admin_target(const conf::Pool& pool, const conf::Node& node);

}  // namespace sitecheck
