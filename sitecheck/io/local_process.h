// The mysqld beside this process, known by its pid file: does it run, and killing it. Nothing else is ever killed: the
// process must be named mysqld or mariadbd, must not name another pid file on its command line, and must have started
// before the pid file was written, or be the one that was seen while the node answered.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"

namespace sitecheck {

enum class ProcessState : std::uint8_t { kRunning, kGone, kUnknown };

class LocalProcess {
 public:
  // An empty path: nothing is known of the process, and it cannot be killed. `port` tells it from other servers of
  // this host when the pid file is missing.
  LocalProcess(std::filesystem::path pid_file, std::uint16_t port);

  // kGone: the process of the pid file has ended (a zombie counts as ended), or there is no pid file and no mysqld or
  // mariadbd of this host could be this server. kUnknown: no pid file is configured, or it cannot be told.
  [[nodiscard]] ProcessState look();
  // Remembers the process of the pid file: the node answered just now, so this is it.
  void remember();
  // SIGKILL, through a descriptor of the process, so that a reused pid is not hit. Error: why not.
  [[nodiscard]] base::Result<void> kill();
  [[nodiscard]] bool configured() const { return !pid_file_.empty(); }

 private:
  struct Seen {
    pid_t pid = 0;
    std::uint64_t started = 0;  // clock ticks since boot, as in /proc/PID/stat
    bool operator==(const Seen&) const = default;
  };
  [[nodiscard]] std::optional<pid_t> read_pid() const;
  [[nodiscard]] ProcessState look_without_pid_file() const;
  [[nodiscard]] bool is_ours(const Seen& seen) const;

  std::filesystem::path pid_file_;
  std::uint16_t port_;
  std::optional<Seen> remembered_;
};

}  // namespace sitecheck
