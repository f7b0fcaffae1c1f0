// The dead-man guard of one pool (protocol.md section 5, kind process): it lives outside the sitecheck process, beside
// mysqld, holds the permit's deadline, and closes the writer service when the deadline passes, again and again until
// that is confirmed. What it holds closed it goes on watching: a node that opens without a permit is closed again.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/io/node_closer.h"

namespace sitecheck {

struct GuardSettings {
  std::string pool;
  std::filesystem::path socket;
  std::filesystem::path permit;  // sitecheck's: tells a guard that starts anew of a permit that runs
  base::Duration tick = base::milliseconds(50);
  base::Duration fence_bound = base::milliseconds(600);
  std::vector<CloserOptions> nodes;  // the local ones
};
[[nodiscard]] GuardSettings guard_settings(const conf::Sitecheck& conf, const conf::Pool& pool);

class Guard {
 public:
  // Error names the path: the socket, or the permit's file.
  [[nodiscard]] static base::Result<std::unique_ptr<Guard>> start(base::Loop& loop, GuardSettings settings);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

 private:
  struct Impl;
  explicit Guard(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

// `sitecheck guard`: the guards of every pool of kind process, or of `pool` alone, until SIGTERM or SIGINT. Prints
// `ready guard=PATH …`. The return value is the exit status.
[[nodiscard]] int run_guard(const conf::Sitecheck& conf, const std::string& pool);

// The admin account as the closers use it: statements that wait for locks end by themselves.
[[nodiscard]] std::vector<CloserOptions> closers_of(const conf::Pool& pool);
[[nodiscard]] probes::MysqlTarget admin_target(const conf::Pool& pool, const conf::Node& node);

}  // namespace sitecheck
