// The service manager's side of a daemon's life, by the protocol of sd_notify(3): ready, reloading, stopping, alive.
// Without NOTIFY_SOCKET in the environment nothing is sent anywhere.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>

#include "base/fd.h"
#include "base/time.h"
#include "base/uv.h"

namespace io {

class ServiceManager {
 public:
  // Reads NOTIFY_SOCKET, WATCHDOG_USEC and WATCHDOG_PID, and takes them out of the environment, so that no child speaks
  // for this process. While `loop` runs, the watchdog is told twice in each of its periods: a loop that hangs is not.
  explicit ServiceManager(base::Loop& loop);

  // `status` is one line for people, as `systemctl status` shows it.
  void ready(const std::string& status);
  // Followed by ready() when it is over, done or refused.
  void reloading();
  void stopping();
  // Another process is the daemon from now on; this one tells nothing any more.
  void succeeded_by(pid_t pid);

 private:
  void send(const std::string& state);
  void watch();

  std::string address_;  // as in the variable; '@' stands for the NUL of the abstract namespace
  base::Fd socket_;
  base::Duration period_{};  // of the watchdog; 0: none
  base::Timer alive_;
};

}  // namespace io
