// Private database servers for tests. The first mariadbd of a program initialises a template data directory, the others
// copy it; mysql_server.h has MySQL's.
#pragma once

#include <fcntl.h>
#include <mysql.h>
#include <pwd.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/free_port.h"

namespace testing_support {

// Runs a command to its end; its output goes to `log`.
inline int run_command(const std::vector<std::string>& args, const std::filesystem::path& log) {
  const pid_t pid = ::fork();
  if (pid == 0) {
    const int fd = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    ::dup2(fd, 1);
    ::dup2(fd, 2);
    std::vector<char*> argv;
    for (const auto& a : args) argv.push_back(const_cast<char*>(a.c_str()));
    argv.push_back(nullptr);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  int status = 0;
  ::waitpid(pid, &status, 0);
  return status;
}

// Removed with the program.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "wideip-test-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
    path_ = pattern;
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// mariadbd wants to be told whom to run as when root starts it.
inline std::string current_user() {
  const passwd* entry = ::getpwuid(::geteuid());
  return entry == nullptr ? "root" : entry->pw_name;
}

inline const std::filesystem::path& template_data() {
  static const TemporaryFolder folder;
  static const std::filesystem::path data = [] {
    const auto out = folder.path() / "template";
    const int rc = run_command({"mariadb-install-db", "--no-defaults", "--datadir=" + out.string(), "--skip-test-db",
                                "--tmpdir=" + folder.path().string(), "--auth-root-authentication-method=normal",
                                "--user=" + current_user(), "--innodb-log-file-size=8M"},
                               folder.path() / "install.log");
    if (rc != 0) throw std::runtime_error("mariadb-install-db failed");
    return out;
  }();
  return data;
}

// A private server: its own data directory, loopback, a free port; killed and removed with its object.
class DatabaseServer {
 public:
  DatabaseServer(const DatabaseServer&) = delete;
  DatabaseServer& operator=(const DatabaseServer&) = delete;
  virtual ~DatabaseServer() { kill(); }

  void start() {
    const auto args = command();
    pid_ = ::fork();
    if (pid_ == 0) {
      const int fd = ::open((folder_.path() / "error.log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
      ::dup2(fd, 1);
      ::dup2(fd, 2);
      std::vector<char*> argv;
      for (const auto& a : args) argv.push_back(const_cast<char*>(a.c_str()));
      argv.push_back(nullptr);
      ::execvp(argv[0], argv.data());
      ::_exit(127);
    }
    for (int i = 0; i < 2000; ++i) {  // until it answers
      if (MYSQL* m = open(); m != nullptr) {
        mysql_close(m);
        return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    throw std::runtime_error(args[0] + " does not start; see " + (folder_.path() / "error.log").string());
  }

  // SIGKILL, and the process is gone when this returns.
  void kill() { stop_with(SIGKILL); }
  // Sends a signal; after SIGSTOP every thread has stopped when this returns.
  void signal(int number) const {
    ::kill(pid_, number);
    if (number == SIGSTOP) {
      int status = 0;
      ::waitpid(pid_, &status, WUNTRACED);
    }
  }
  void stop_with(int number) {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGCONT);
    ::kill(pid_, number);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
  }

  // A connection of root over the Unix socket; null if the server does not answer. The caller closes it.
  [[nodiscard]] MYSQL* open() const {
    MYSQL* m = mysql_init(nullptr);
    if (mysql_real_connect(m, nullptr, "root", "", nullptr, 0, socket().c_str(), 0) != nullptr) return m;
    mysql_close(m);
    return nullptr;
  }
  // Runs one statement as root; throws on an error. Gives the first column of the first row, or "".
  std::string sql(const std::string& statement) const {
    MYSQL* m = open();
    if (m == nullptr) throw std::runtime_error("the server does not answer");
    std::string out;
    std::string error;
    if (mysql_real_query(m, statement.data(), statement.size()) != 0) error = mysql_error(m);
    if (MYSQL_RES* rows = mysql_store_result(m); rows != nullptr) {
      if (MYSQL_ROW row = mysql_fetch_row(rows); row != nullptr && row[0] != nullptr) out = row[0];
      mysql_free_result(rows);
    }
    mysql_close(m);
    if (!error.empty()) throw std::runtime_error(error + " in " + statement);
    return out;
  }

  // Every column of the first row, by name.
  [[nodiscard]] std::map<std::string, std::string> row(const std::string& statement) const {
    std::map<std::string, std::string> out;
    MYSQL* m = open();
    if (m == nullptr) throw std::runtime_error("the server does not answer");
    mysql_real_query(m, statement.data(), statement.size());
    if (MYSQL_RES* rows = mysql_store_result(m); rows != nullptr) {
      MYSQL_ROW values = mysql_fetch_row(rows);
      for (unsigned i = 0; values != nullptr && i < mysql_num_fields(rows); ++i) {
        out[mysql_fetch_field_direct(rows, i)->name] = values[i] == nullptr ? "" : values[i];
      }
      mysql_free_result(rows);
    }
    mysql_close(m);
    return out;
  }

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string socket() const { return (folder_.path() / "s").string(); }
  [[nodiscard]] std::filesystem::path pid_file() const { return folder_.path() / "pid"; }
  [[nodiscard]] std::filesystem::path error_log() const { return folder_.path() / "error.log"; }
  // Of its own: a server that starts removes every temporary table in its tmpdir, its neighbours' too.
  [[nodiscard]] std::string tmpdir() const { return folder_.path().string(); }
  [[nodiscard]] std::filesystem::path data() const { return folder_.path() / "data"; }

 protected:
  DatabaseServer() : port_(free_port()) {}
  // Program and arguments.
  [[nodiscard]] virtual std::vector<std::string> command() const = 0;

 private:
  TemporaryFolder folder_;
  std::uint16_t port_;
  pid_t pid_ = -1;
};

class MariadbServer final : public DatabaseServer {
 public:
  explicit MariadbServer(int server_id = 1, std::vector<std::string> options = {})
      : server_id_(server_id), options_(std::move(options)) {
    std::filesystem::copy(template_data(), data(), std::filesystem::copy_options::recursive);
    start();
  }

 private:
  [[nodiscard]] std::vector<std::string> command() const override {
    std::vector<std::string> args = {"mariadbd",
                                     "--no-defaults",
                                     "--user=" + current_user(),
                                     "--datadir=" + data().string(),
                                     "--tmpdir=" + tmpdir(),
                                     "--socket=" + socket(),
                                     "--bind-address=127.0.0.1",
                                     "--port=" + std::to_string(port()),
                                     "--server-id=" + std::to_string(server_id_),
                                     "--gtid-domain-id=" + std::to_string(server_id_),
                                     "--gtid-strict-mode=ON",
                                     "--log-bin=bin",
                                     "--log-slave-updates=ON",
                                     "--binlog-format=ROW",
                                     "--skip-name-resolve",
                                     "--innodb-buffer-pool-size=16M",
                                     "--innodb-log-file-size=8M",
                                     "--innodb-flush-log-at-trx-commit=2",  // survives kill -9, which is all we do
                                     "--performance-schema=OFF",
                                     "--skip-slave-start",
                                     "--pid-file=" + pid_file().string()};
    args.insert(args.end(), options_.begin(), options_.end());
    return args;
  }

  int server_id_;
  std::vector<std::string> options_;
};

}  // namespace testing_support
