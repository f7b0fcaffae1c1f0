// The floor of a probe: `SELECT 1` by libmariadb over many kept connections, blocking, one after the other, each once a
// second. Prints its share of a core; sitecheck's share stands beside it (measure_nodes).
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
  if (mysql_real_connect(m, host.c_str(), user, password, nullptr, port, nullptr, 0) != nullptr) return m;
  std::fprintf(stderr, "%s: %s\n", host.c_str(), mysql_error(m));
  std::exit(1);
}

bool ping(MYSQL* m) {
  if (mysql_query(m, "SELECT 1") != 0) return false;
  mysql_free_result(mysql_store_result(m));
  return true;
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
  const double before = cpu_seconds();
  const auto begin = Clock::now();
  for (int round = 0; round < seconds; ++round) {
    for (int i = 0; i < count; ++i) {
      std::this_thread::sleep_until(begin + std::chrono::seconds(round) + std::chrono::seconds(1) * i / count);
      if (!ping(connections[static_cast<std::size_t>(i)])) return 1;
    }
  }
  const double elapsed = std::chrono::duration<double>(Clock::now() - begin).count();
  std::printf("%.4f\n", (cpu_seconds() - before) / elapsed);
  for (auto* m : connections) mysql_close(m);
  return 0;
}
