// `sitecheck guard`: settings out of the configuration, and the process.
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/io/file_watch.h"
#include "base/io/service_manager.h"
#include "base/log.h"
#include "conf/load.h"
#include "probes/mysql_target.h"
#include "sitecheck/io/guard.h"
#include "sitecheck/io/guard_message.h"
#include "sitecheck/io/key_ring.h"
#include "sitecheck/io/same.h"

namespace sitecheck {

probes::MysqlTarget admin_target(const conf::Pool& pool, const conf::Node& node) {
  auto out = probes::target_of(pool, node, pool.admin);
  out.session = {"SET SESSION lock_wait_timeout=1, sql_mode=''"};
  return out;
}

std::uint64_t nodes_hash(const std::vector<CloserOptions>& nodes) {
  std::set<std::string> sorted;
  for (const auto& n : nodes) sorted.insert(n.node + " " + n.admin.host + " " + std::to_string(n.admin.port) + "\n");
  std::uint64_t hash = 0xcbf29ce484222325;  // FNV-1a
  for (const auto& text : sorted) {
    for (const char c : text) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3;
  }
  return hash;
}

CloserOptions closer_of(const conf::Pool& pool, const conf::Node& node, bool here) {
  return {node.name,
          admin_target(pool, node),
          {pool.admin.user, pool.monitor.user, pool.replication.user},
          here ? node.pid_file : std::filesystem::path()};
}

std::vector<CloserOptions> closers_of(const conf::Pool& pool, bool here) {
  std::vector<CloserOptions> out;
  for (const auto& node : pool.nodes) {
    if (node.site.empty()) out.push_back(closer_of(pool, node, here));  // the others are watched only
  }
  return out;
}

namespace {

constexpr base::Duration kQuiet = base::milliseconds(200);  // after the last of several changes of files

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

bool same_settings(const GuardSettings& a, const GuardSettings& b) {
  return same(a.nodes, b.nodes) && same(a.filter, b.filter) && a.socket == b.socket && a.permit == b.permit &&
         a.tick == b.tick && a.fence_bound == b.fence_bound && a.remote.has_value() == b.remote.has_value() &&
         (!a.remote || a.remote->address == b.remote->address);
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

namespace {

// The guards of a process, by pool.
class Guards {
 public:
  Guards(base::Loop& loop, conf::Sitecheck conf, GuardCommand command)
      : loop_(loop), conf_(std::move(conf)), command_(std::move(command)) {}

  // False: one cannot be started, which is logged. From then on `changed` runs when the configuration changed on the
  // disk, if it says reload_on_change.
  bool start(std::function<void()> changed);
  // Reads the configuration anew. A guard whose settings differ is made anew: within a permit it finds the writer open
  // and keeps it so, as after a restart. False: one cannot be started.
  bool reload();
  [[nodiscard]] bool empty() const { return guards_.empty(); }
  [[nodiscard]] const std::string& ready() const { return ready_; }

 private:
  bool start(const conf::Pool& pool);
  void watch(const std::vector<std::filesystem::path>& seen);

  base::Loop& loop_;
  conf::Sitecheck conf_;
  GuardCommand command_;
  std::map<std::string, std::unique_ptr<Guard>> guards_;
  std::string ready_ = "ready";
  std::optional<io::FileWatch> files_;
};

bool Guards::start(const conf::Pool& pool) {
  const auto settings = guard_settings(conf_, pool, command_.listen);
  auto guard = Guard::start(loop_, settings);
  if (!guard) {
    base::log(base::Level::kError, "guard.failed", guard.error().message, {{"pool", pool.name}});
    return false;
  }
  guards_[pool.name] = std::move(*guard);
  ready_ += " guard=" + (settings.remote ? settings.remote->address.to_string() : settings.socket.string());
  return true;
}

bool Guards::start(std::function<void()> changed) {
  files_.emplace(loop_, kQuiet, std::move(changed));
  watch({});
  return std::all_of(conf_.pools.begin(), conf_.pools.end(),
                     [this](const conf::Pool& pool) { return !wanted(pool, command_) || start(pool); });
}

// What is in force, and what was `seen` by the last attempt, which may have had faults.
void Guards::watch(const std::vector<std::filesystem::path>& seen) {
  auto all = conf_.reload_on_change ? conf_.watched : std::vector<std::filesystem::path>();
  if (conf_.reload_on_change) all.insert(all.end(), seen.begin(), seen.end());
  if (const auto begun = files_->watch(all); !begun) {
    base::log(base::Level::kWarn, "reload.unwatched", "some files are not watched: after a change of them, send SIGHUP",
              {{"why", begun.error().message}});
  }
}

bool Guards::reload() {
  if (conf_.files.empty()) return true;
  auto loaded = conf::load_sitecheck(conf_.files.front());
  const auto seen = loaded.value.watched;
  for (const auto& fault : loaded.faults) base::log(base::Level::kError, "reload.fault", conf::to_string(fault));
  if (!loaded.ok()) {
    base::log(base::Level::kError, "reload.refused", "the configuration has faults, nothing was changed");
    watch(seen);
    return true;
  }
  const auto before = std::exchange(conf_, std::move(loaded.value));
  watch(seen);
  auto old = std::exchange(guards_, {});
  for (const auto& pool : conf_.pools) {
    if (!wanted(pool, command_)) continue;
    const auto was = std::find_if(before.pools.begin(), before.pools.end(),
                                  [&](const conf::Pool& p) { return p.name == pool.name; });
    const auto at = old.find(pool.name);
    const bool same_keys = !pool.guard_address || same(before.keys, conf_.keys);
    if (at != old.end() && was != before.pools.end() && same_keys &&
        same_settings(guard_settings(before, *was, command_.listen), guard_settings(conf_, pool, command_.listen))) {
      guards_[pool.name] = std::move(at->second);
      continue;
    }
    if (at != old.end()) at->second.reset();
    if (!start(pool)) return false;
    base::log(base::Level::kInfo, "guard.reloaded", "watches what the configuration has now", {{"pool", pool.name}});
  }
  for (const auto& [pool, guard] : old) {
    if (guard) base::log(base::Level::kInfo, "guard.ended", "the pool is no longer guarded here", {{"pool", pool}});
  }
  base::log(base::Level::kInfo, "reload.done", "the configuration was read anew");
  return true;
}

}  // namespace

int run_guard(const conf::Sitecheck& conf, const GuardCommand& command) {
  if (command.remove) return remove_filters(conf, command);
  std::signal(SIGPIPE, SIG_IGN);
  std::error_code ignored;
  std::filesystem::create_directories(conf.state_dir, ignored);
  base::Loop loop;
  io::ServiceManager manager(loop);
  Guards guards(loop, conf, command);
  int exit = 0;
  const auto reload = [&] {
    if (guards.reload()) return;
    exit = 1;
    loop.stop();
  };
  if (!guards.start(reload)) return 1;
  if (guards.empty()) {
    base::log(base::Level::kError, "guard.nothing", "no pool has a guard");
    return 2;
  }
  std::printf("%s\n", guards.ready().c_str());
  std::fflush(stdout);
  manager.ready(guards.ready());
  const base::Signal term(loop, SIGTERM, [&] { loop.stop(); });
  const base::Signal interrupt(loop, SIGINT, [&] { loop.stop(); });
  const base::Signal hangup(loop, SIGHUP, [&] {
    manager.reloading();
    reload();
    manager.ready("read its configuration anew; the log says how that went");
  });
  loop.run();
  manager.stopping();
  base::log(base::Level::kInfo, "guard.stopped",
            "stopped: kind process closes nothing now if sitecheck hangs; the table of kind nft stays and closes when "
            "the permit ends");
  return exit;
}

}  // namespace sitecheck
