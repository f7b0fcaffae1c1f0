// `sitecheck guard`: settings out of the configuration, and the process.
#include <csignal>
#include <cstdio>

#include "base/log.h"
#include "sitecheck/io/guard.h"
#include "sitecheck/io/guard_message.h"

namespace sitecheck {

probes::MysqlTarget admin_target(const conf::Pool& pool, const conf::Node& node) {
  return {node.host, node.port, pool.admin.user, pool.admin.password, {"SET SESSION lock_wait_timeout=1, sql_mode=''"}};
}

std::vector<CloserOptions> closers_of(const conf::Pool& pool) {
  std::vector<CloserOptions> out;
  for (const auto& node : pool.nodes) {
    if (!node.site.empty()) continue;  // watched only
    out.push_back({node.name,
                   admin_target(pool, node),
                   {pool.admin.user, pool.monitor.user, pool.replication.user},
                   node.pid_file});
  }
  return out;
}

GuardSettings guard_settings(const conf::Sitecheck& conf, const conf::Pool& pool) {
  const auto& t = conf.arbiter.timing;
  return {pool.name,       guard_socket_of(conf, pool), permit_file_of(conf, pool), t.guard_tick, t.fence_bound,
          closers_of(pool)};
}

int run_guard(const conf::Sitecheck& conf, const std::string& pool) {
  std::signal(SIGPIPE, SIG_IGN);
  std::error_code ignored;
  std::filesystem::create_directories(conf.state_dir, ignored);
  base::Loop loop;
  std::vector<std::unique_ptr<Guard>> guards;
  std::string ready = "ready";
  for (const auto& each : conf.pools) {
    if (each.guard != conf::GuardKind::kProcess || (!pool.empty() && each.name != pool)) continue;
    auto guard = Guard::start(loop, guard_settings(conf, each));
    if (!guard) {
      base::log(base::Level::kError, "guard.failed", guard.error().message, {{"pool", each.name}});
      return 1;
    }
    guards.push_back(std::move(*guard));
    ready += " guard=" + guard_socket_of(conf, each).string();
  }
  if (guards.empty()) {
    base::log(base::Level::kError, "guard.nothing", "no pool has a guard of kind process");
    return 2;
  }
  std::printf("%s\n", ready.c_str());
  std::fflush(stdout);
  const base::Signal term(loop, SIGTERM, [&] { loop.stop(); });
  const base::Signal interrupt(loop, SIGINT, [&] { loop.stop(); });
  loop.run();
  base::log(base::Level::kInfo, "guard.stopped", "stopped: nothing closes the writer now if sitecheck hangs");
  return 0;
}

}  // namespace sitecheck
