// The floor of looking at many nodes: libmariadb alone, blocking, over kept connections, each once a second. Prints the
// shares of a core of two loops, one after the other, and sitecheck's share stands beside them (measure_nodes):
// `SELECT 1`, and the statements of a look at a replica, in one round trip, their rows read and thrown away.
//
// Usage: ping_floor PORT CONNECTIONS SECONDS USER PASSWORD      connections go to 127.1.x.y, as the nodes do
#include <mysql.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kPing = "SELECT 1";
constexpr const char* kLook =
    "SELECT @@global.read_only AS read_only, @@global.gtid_binlog_state AS applied, @@global.gtid_slave_pos AS "
    "replicated, @@global.server_id AS identity; SHOW ALL SLAVES STATUS";

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

MYSQL* connect(int number, unsigned port, const char* user, const char* password) {
  MYSQL* m = mysql_init(nullptr);
  const std::string host = "127.1." + std::to_string(number / 250) + "." + std::to_string(number % 250 + 1);
  if (mysql_real_connect(m, host.c_str(), user, password, nullptr, port, nullptr, CLIENT_MULTI_STATEMENTS) != nullptr) {
    return m;
  }
  std::fprintf(stderr, "%s: %s\n", host.c_str(), mysql_error(m));
  std::exit(1);
}

void ask(MYSQL* m, const char* sql) {
  int rest = mysql_query(m, sql);
  for (; rest == 0; rest = mysql_next_result(m)) {
    if (MYSQL_RES* rows = mysql_store_result(m)) mysql_free_result(rows);
  }
  if (rest < 0) return;
  std::fprintf(stderr, "%s\n", mysql_error(m));
  std::exit(1);
}

// Share of a core of asking all connections once a second, evenly spread.
double loop(const std::vector<MYSQL*>& connections, const char* sql, int seconds) {
  const double before = cpu_seconds();
  const auto begin = Clock::now();
  const auto count = static_cast<int>(connections.size());
  for (int round = 0; round < seconds; ++round) {
    for (int i = 0; i < count; ++i) {
      std::this_thread::sleep_until(begin + std::chrono::seconds(round) + std::chrono::seconds(1) * i / count);
      ask(connections[static_cast<std::size_t>(i)], sql);
    }
  }
  return (cpu_seconds() - before) / std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: ping_floor PORT CONNECTIONS SECONDS USER PASSWORD\n");
    return 2;
  }
  const auto port = static_cast<unsigned>(std::atoi(argv[1]));
  const int count = std::atoi(argv[2]);
  const int seconds = std::atoi(argv[3]);
  std::vector<MYSQL*> connections;
  for (int i = 0; i < count; ++i) connections.push_back(connect(i, port, argv[4], argv[5]));
  const double ping = loop(connections, kPing, seconds);
  std::printf("%.4f %.4f\n", ping, loop(connections, kLook, seconds));
  for (auto* m : connections) mysql_close(m);
  return 0;
}
