// One running dnsd: control plane and data plane together, from the first socket to the last client.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/io/service_manager.h"
#include "base/uv.h"
#include "conf/dnsd.h"
#include "dnsd/cli/cli.h"
#include "dnsd/control/control.h"
#include "dnsd/data/server.h"
#include "dnsd/listening.h"
#include "dnsd/policy.h"
#include "dnsd/predecessor.h"
#include "dnsd/successor.h"

namespace dnsd {

class Daemon {
 public:
  Daemon(conf::Dnsd config, const cli::ServeOptions& options);

  // Serves until it is told to stop, or is replaced. Returns the exit status: 0; 1 if it could not serve; 2 if the
  // zones have faults. Every socket is bound before privileges are dropped, and these before a packet is read.
  int run();

 private:
  int fail(const std::string& message);
  base::Result<void> bind();
  base::Result<base::SocketBag> inherit();
  base::Result<void> drop_privileges();
  base::Result<void> begin();
  base::Result<void> decide();
  void replace();
  void ready();
  void reload();
  void retire(pid_t successor);
  void end(int status);
  // The sockets are those of another process as well.
  [[nodiscard]] bool shared() const { return (successor_ && !successor_->over()) || predecessor_.active(); }

  conf::Dnsd config_;  // without its wide-IPs: they may be many, and only the control plane needs them
  cli::ServeOptions options_;
  base::Loop loop_;
  snapshot::Publisher publisher_;
  snapshot::CounterBoard board_;
  PolicyMaker policy_;
  base::Timer renewal_;
  io::ServiceManager manager_;
  base::Async drained_;
  Predecessor predecessor_;
  control::Control control_;
  std::unique_ptr<data::Server> server_;
  std::unique_ptr<Listening> listening_;
  std::unique_ptr<Successor> successor_;  // where it takes over from another process
  bool ready_ = false;
  bool succeeded_ = false;  // another process has taken over
  int status_ = 0;
};

}  // namespace dnsd
