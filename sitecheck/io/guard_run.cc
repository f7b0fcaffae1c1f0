// `sitecheck guard`: settings out of the configuration, and the process.
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>

#include "base/log.h"
#include "sitecheck/io/guard.h"
#include "sitecheck/io/guard_message.h"
#include "sitecheck/io/key_ring.h"

namespace sitecheck {

probes::MysqlTarget admin_target(const conf::Pool& pool, const conf::Node& node) {
  return {node.host, node.port, pool.admin.user, pool.admin.password, {"SET SESSION lock_wait_timeout=1, sql_mode=''"}};
}

std::vector<CloserOptions> closers_of(const conf::Pool& pool, bool here) {
  std::vector<CloserOptions> out;
  for (const auto& node : pool.nodes) {
    if (!node.site.empty()) continue;  // watched only
    out.push_back({node.name,
                   admin_target(pool, node),
                   {pool.admin.user, pool.monitor.user, pool.replication.user},
                   here ? node.pid_file : std::filesystem::path()});
  }
  return out;
}

namespace {

FilterOptions filter_of(const conf::Sitecheck& conf, const conf::Pool& pool) {
  FilterOptions out;
  out.pool = pool.name;
  for (const auto& node : pool.nodes) {
    const auto ip = base::IpAddress::parse(node.host);
    if (node.site.empty() && ip) out.service.push_back({*ip, node.port});
  }
  if (pool.service) out.service.push_back(*pool.service);
  out.allow = pool.guard_allow;
  out.own = {::geteuid()};
  struct stat folder {};
  if (::stat(conf.state_dir.c_str(), &folder) == 0 && folder.st_uid != ::geteuid()) out.own.push_back(folder.st_uid);
  return out;
}

bool wanted(const conf::Pool& pool, const GuardCommand& command) {
  return pool.guard != conf::GuardKind::kNone && (command.pool.empty() || command.pool == pool.name);
}

int remove_filters(const conf::Sitecheck& conf, const GuardCommand& command) {
  for (const auto& pool : conf.pools) {
    if (!wanted(pool, command)) continue;
    const auto removed = PacketFilter::remove(pool.name);
    if (!removed) {
      std::fprintf(stderr, "sitecheck: pool %s: %s\n", pool.name.c_str(), removed.error().message.c_str());
      return 1;
    }
    std::printf("pool %s: table %s is removed: nothing filters its clients\n", pool.name.c_str(),
                filter_table(pool.name).c_str());
  }
  return 0;
}

}  // namespace

GuardSettings guard_settings(const conf::Sitecheck& conf, const conf::Pool& pool,
                             const std::optional<base::SocketAddress>& listen) {
  const auto& t = conf.arbiter.timing;
  GuardSettings out;
  out.pool = pool.name;
  out.socket = guard_socket_of(conf, pool);
  out.permit = permit_file_of(conf, pool);
  out.tick = t.guard_tick;
  out.fence_bound = t.fence_bound;
  out.nodes = closers_of(pool, true);
  if (pool.guard == conf::GuardKind::kNft) out.filter = filter_of(conf, pool);
  if (const auto address = listen ? listen : pool.guard_address) {
    out.remote = GuardPortSettings{*address, key_ring(conf, ecv::Purpose::kPeers), conf.site.name, pool.name};
    out.permit = conf.state_dir / ("guard-permit-" + pool.name);
  }
  return out;
}

int run_guard(const conf::Sitecheck& conf, const GuardCommand& command) {
  if (command.remove) return remove_filters(conf, command);
  std::signal(SIGPIPE, SIG_IGN);
  std::error_code ignored;
  std::filesystem::create_directories(conf.state_dir, ignored);
  base::Loop loop;
  std::vector<std::unique_ptr<Guard>> guards;
  std::string ready = "ready";
  for (const auto& each : conf.pools) {
    if (!wanted(each, command)) continue;
    const auto settings = guard_settings(conf, each, command.listen);
    auto guard = Guard::start(loop, settings);
    if (!guard) {
      base::log(base::Level::kError, "guard.failed", guard.error().message, {{"pool", each.name}});
      return 1;
    }
    guards.push_back(std::move(*guard));
    ready += " guard=" + (settings.remote ? settings.remote->address.to_string() : settings.socket.string());
  }
  if (guards.empty()) {
    base::log(base::Level::kError, "guard.nothing", "no pool has a guard");
    return 2;
  }
  std::printf("%s\n", ready.c_str());
  std::fflush(stdout);
  const base::Signal term(loop, SIGTERM, [&] { loop.stop(); });
  const base::Signal interrupt(loop, SIGINT, [&] { loop.stop(); });
  loop.run();
  base::log(base::Level::kInfo, "guard.stopped",
            "stopped: kind process closes nothing now if sitecheck hangs; the table of kind nft stays and closes when "
            "the permit ends");
  return 0;
}

}  // namespace sitecheck
