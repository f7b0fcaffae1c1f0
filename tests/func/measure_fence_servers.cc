// How long a fence takes on real servers: prints a table. Run it by tests/func/measure_fence_servers.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>

#include "tests/unit/sitecheck_io/fence_fixture.h"

namespace {

using base::milliseconds;
using base::seconds;
using sitecheck::Closed;
using sitecheck::CloseMode;
using sitecheck::NodeCloser;
using sitecheck::Writers;
using testing_support::DatabaseServer;
using testing_support::MariadbServer;
using testing_support::MysqlServer;
using testing_support::MysqlVersion;

// Runs the loop until `done` or the limit.
template <typename Done>
bool run_until(base::Loop& loop, Done done, base::Duration limit = seconds(30)) {
  const auto until = base::read_boot_clock() + limit;
  base::Timer tick(loop, [] {});
  tick.start(milliseconds(1), milliseconds(1));
  while (!done() && base::read_boot_clock() < until) loop.run_once(true);
  return done();
}

struct Row {
  std::vector<double> confirmed_ms;
  double worst_late_ms = 0;  // a write that began after the fence was confirmed and was acknowledged all the same
  int failed = 0;
};

void print(const char* server, const char* what, Row row) {
  std::sort(row.confirmed_ms.begin(), row.confirmed_ms.end());
  const auto at = [&](double part) {
    if (row.confirmed_ms.empty()) return 0.0;
    return row.confirmed_ms[static_cast<std::size_t>(part * static_cast<double>(row.confirmed_ms.size() - 1) + 0.5)];
  };
  std::printf("%-14s %-34s %6zu %8.1f %8.1f %8.1f %7d %9.1f\n", server, what, row.confirmed_ms.size(), at(0.5),
              at(0.99), at(1), row.failed, row.worst_late_ms);
  std::fflush(stdout);
}

void open_writes(const DatabaseServer& server, bool super) {
  if (super) server.sql("SET GLOBAL super_read_only=0");
  server.sql("SET GLOBAL read_only=0");
}

// One fence; its time, or nothing if it was not confirmed within ten seconds.
std::optional<double> fence(base::Loop& loop, NodeCloser& closer, CloseMode mode) {
  std::optional<Closed> closed;
  const auto begun = base::read_boot_clock();
  closer.close(mode, mode == CloseMode::kHard ? milliseconds(600) : seconds(10), [&](const Closed& c) { closed = c; });
  run_until(loop, [&] { return closed.has_value(); });
  if (!closed || closed->closing == core::Closing::kUnknown) return std::nullopt;
  return static_cast<double>((base::read_boot_clock() - begun).count()) / 1000;
}

Row under_load(const DatabaseServer& server, bool super, int writers, int rounds) {
  Row row;
  base::Loop loop;
  NodeCloser closer(loop, sitecheck::closer_of(server));
  closer.start();
  run_until(loop, [&] { return closer.ready(); });
  for (int i = 0; i < rounds; ++i) {
    open_writes(server, super);
    Writers load(server, writers, "", std::chrono::milliseconds(20));
    run_until(loop, [&] { return load.acknowledged() > 4 * writers; });
    const auto took = fence(loop, closer, CloseMode::kSoft);
    const auto fenced = base::read_boot_clock();
    run_until(
        loop, [] { return false; }, milliseconds(200));
    load.stop();
    if (took) {
      row.confirmed_ms.push_back(*took);
    } else {
      ++row.failed;
    }
    row.worst_late_ms = std::max(row.worst_late_ms, static_cast<double>((load.last_begun() - fenced).count()) / 1000);
  }
  return row;
}

Row held_lock(const DatabaseServer& server, bool super, int rounds) {
  Row row;
  base::Loop loop;
  NodeCloser closer(loop, sitecheck::closer_of(server));
  closer.start();
  run_until(loop, [&] { return closer.ready(); });
  for (int i = 0; i < rounds; ++i) {
    open_writes(server, super);
    MYSQL* holder = mysql_init(nullptr);
    mysql_real_connect(holder, "127.0.0.1", "app", "app", "shop", server.port(), nullptr, 0);
    if (mysql_query(holder, "LOCK TABLES orders WRITE") != 0) ++row.failed;
    if (const auto took = fence(loop, closer, CloseMode::kSoft)) {
      row.confirmed_ms.push_back(*took);
    } else {
      ++row.failed;
    }
    mysql_close(holder);
  }
  return row;
}

// The soft part waits a quarter of F = 600 ms for a server that answers nothing, then SIGKILL.
template <typename Server>
Row hung(Server& server, int rounds) {
  Row row;
  for (int i = 0; i < rounds; ++i) {
    base::Loop loop;
    NodeCloser closer(loop, sitecheck::closer_of(server));
    closer.start();
    run_until(loop, [&] { return closer.ready(); });
    server.signal(SIGSTOP);
    if (const auto took = fence(loop, closer, CloseMode::kHard)) {
      row.confirmed_ms.push_back(*took);
    } else {
      ++row.failed;
    }
    server.kill();
    server.start();
  }
  return row;
}

template <typename Server>
void measure(const char* name, Server& server, bool super, int rounds) {
  sitecheck::make_pool_accounts(server);
  print(name, "soft, 500 writers", under_load(server, super, 500, rounds));
  print(name, "soft, 10 writers", under_load(server, super, 10, rounds));
  print(name, "soft, a held LOCK TABLES", held_lock(server, super, rounds));
  print(name, "hard, server stands still", hung(server, rounds));
}

}  // namespace

int main(int argc, char** argv) {
  std::signal(SIGPIPE, SIG_IGN);
  const int rounds = argc > 1 ? std::atoi(argv[1]) : 20;
  std::printf("%-14s %-34s %6s %8s %8s %8s %7s %9s\n", "server", "fence", "rounds", "p50 ms", "p99 ms", "worst",
              "failed", "late ms");
  {
    MariadbServer server(1, {"--max-connections=1200", "--innodb-log-file-size=64M", "--table-open-cache=2000"});
    measure("MariaDB 10.11", server, false, rounds);
  }
  for (const auto version : {MysqlVersion::k57, MysqlVersion::k56}) {
    const std::string name = "MySQL " + testing_support::name(version);
    if (testing_support::mysql_folder(version).empty()) {
      std::printf("%-14s not here: contrib/mysql-servers fetches it\n", name.c_str());
      continue;
    }
    MysqlServer server(version, 1);
    measure(name.c_str(), server, version == MysqlVersion::k57, rounds);
  }
  std::printf("late: how long after the confirmation a write began that was acknowledged; 0 means none did\n");
  return 0;
}
