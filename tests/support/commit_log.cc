// Writes as long as it is let, and logs every acknowledged commit: what the functional tests call the truth.
//
// Usage: commit_log HOST PORT USER PASSWORD SITE LOG PACE_US [CLIENTS]
//
// CLIENTS (1) connections insert rows (site, epoch) into shop.orders of the server at HOST:PORT, one transaction each,
// PACE_US apart; what is refused is tried again. A line of LOG for each acknowledged commit: "SENT ACKNOWLEDGED ID
// EPOCH", times in nanoseconds of CLOCK_BOOTTIME, EPOCH the highest of wideip.epoch as the transaction itself saw it.
// SIGUSR1 pauses it (the line "paused" then says that nothing is under way), SIGUSR2 lets it go on.
#include <errmsg.h>
#include <fcntl.h>
#include <mysql.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <thread>

namespace {

volatile sig_atomic_t paused = 0;
std::atomic<int> waiting{0};  // clients that stand still while paused

long long now_ns() {
  timespec t{};
  ::clock_gettime(CLOCK_BOOTTIME, &t);
  return t.tv_sec * 1'000'000'000LL + t.tv_nsec;
}

void on_signal(int number) { paused = number == SIGUSR1 ? 1 : 0; }

struct Options {
  std::string host, user, password, site;
  unsigned port = 0;
  unsigned pace_us = 0;
  int clients = 1;
  int log = -1;
};

// A connection, or null.
MYSQL* connect(const Options& o) {
  MYSQL* db = ::mysql_init(nullptr);
  if (db == nullptr) return nullptr;
  unsigned seconds = 1;
  ::mysql_options(db, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  seconds = 10;
  ::mysql_options(db, MYSQL_OPT_READ_TIMEOUT, &seconds);
  ::mysql_options(db, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
  if (::mysql_real_connect(db, o.host.c_str(), o.user.c_str(), o.password.c_str(), "shop", o.port, nullptr, 0)) {
    return db;
  }
  ::mysql_close(db);
  return nullptr;
}

// One transaction; its line goes to the log once it is acknowledged. False: refused or broken.
bool commit(MYSQL* db, const Options& o) {
  const std::string sql =
      "INSERT INTO orders (site, epoch) SELECT " + o.site + ", MAX(epoch) FROM wideip.epoch RETURNING id, epoch";
  const long long sent = now_ns();
  if (::mysql_real_query(db, sql.data(), sql.size()) != 0) return false;
  MYSQL_RES* rows = ::mysql_store_result(db);
  if (rows == nullptr) return false;
  const long long acknowledged = now_ns();
  if (MYSQL_ROW row = ::mysql_fetch_row(rows); row != nullptr) {
    char line[128];
    const int size = std::snprintf(line, sizeof line, "%lld %lld %s %s\n", sent, acknowledged, row[0],
                                   row[1] == nullptr ? "0" : row[1]);
    if (::write(o.log, line, static_cast<std::size_t>(size)) != size) std::exit(3);
  }
  ::mysql_free_result(rows);
  return true;
}

void wait_while_paused(const Options& o) {
  if (paused == 0) return;
  if (++waiting == o.clients && ::write(o.log, "paused\n", 7) != 7) std::exit(3);
  while (paused != 0) ::usleep(1000);
  --waiting;
}

[[noreturn]] void run(const Options& o) {
  MYSQL* db = nullptr;
  for (;;) {
    wait_while_paused(o);
    if (db == nullptr) db = connect(o);
    if (db != nullptr && commit(db, o)) {
      ::usleep(o.pace_us);
      continue;
    }
    const unsigned error = db == nullptr ? 0U : ::mysql_errno(db);
    if (error >= CR_MIN_ERROR && db != nullptr) {  // the client's own errors: the connection is gone
      ::mysql_close(db);
      db = nullptr;
    }
    ::usleep(std::max(5000U, o.pace_us));
  }
}

// A guard of kind nft lets its own user's sockets pass: a client is somebody else. The change of user ends the request
// to die with the parent, so it is made again.
void become_nobody() {
  constexpr uid_t kNobody = 65534;
  const auto parent = ::getppid();
  if (::getuid() == 0 && (::setresgid(kNobody, kNobody, kNobody) != 0 || ::setresuid(kNobody, kNobody, kNobody) != 0)) {
    std::perror("setresuid");
    std::exit(2);
  }
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) std::exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 8 && argc != 9) {
    std::fprintf(stderr, "usage: commit_log HOST PORT USER PASSWORD SITE LOG PACE_US [CLIENTS]\n");
    return 2;
  }
  Options o;
  o.host = argv[1];
  o.port = static_cast<unsigned>(std::atoi(argv[2]));
  o.user = argv[3];
  o.password = argv[4];
  o.site = argv[5];
  o.log = ::open(argv[6], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  o.pace_us = static_cast<unsigned>(std::atoi(argv[7]));
  if (argc == 9) o.clients = std::atoi(argv[8]);
  if (o.log < 0) {
    std::perror(argv[6]);
    return 2;
  }
  become_nobody();
  struct sigaction action {};
  action.sa_handler = on_signal;
  ::sigaction(SIGUSR1, &action, nullptr);
  ::sigaction(SIGUSR2, &action, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  ::mysql_library_init(0, nullptr, nullptr);
  for (int n = 1; n < o.clients; ++n) std::thread([&o] { run(o); }).detach();
  run(o);
}
