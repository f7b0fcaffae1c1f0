// Closes one local node to writers and proves it closed (protocol.md section 3, "Fence"): read_only on one standing
// admin connection, a KILL loop over client sessions on another, in parallel, because a held lock or a long write
// blocks SET GLOBAL read_only until its session is killed; then, where told, SIGKILL of the local mysqld.
//
// Closed means: read_only=1 was read back, of the sessions that were there at that moment none is left (those that came
// later can commit nothing), and it reads back still. Or: the process is gone and its port refuses. Behind a proof that
// ended sessions, those that came meanwhile are ended too.
// Used by sitecheck and by the guard. Owned by the loop's thread; several closings may run at once and share the work.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/time.h"
#include "base/uv.h"
#include "probes/mysql_client.h"
#include "sitecheck/core/events.h"

namespace sitecheck {

struct CloserOptions {
  std::string node;                       // its name, for the log
  probes::MysqlTarget admin;              // may bypass read_only and kill
  std::vector<std::string> spared_users;  // own accounts: admin, monitor, replication
  std::filesystem::path pid_file;         // empty: never SIGKILL
  // Sessions of own accounts that must go all the same: one that may still carry out an order to open.
  std::function<std::vector<std::uint64_t>()> also_kill = nullptr;
};

enum class CloseMode : std::uint8_t {
  kAssert,  // read_only only: nobody is killed
  kSoft,    // and client sessions are killed
  kHard,    // and the local mysqld is killed if that does not confirm in time
};

struct Closed {
  core::Closing closing = core::Closing::kUnknown;
  std::string message;  // how it was confirmed, or why it is not
  bool killed = false;  // SIGKILL was sent
};

class NodeCloser {
 public:
  NodeCloser(base::Loop& loop, CloserOptions options);
  ~NodeCloser();
  NodeCloser(const NodeCloser&) = delete;
  NodeCloser& operator=(const NodeCloser&) = delete;

  // Keeps the two connections standing from now on.
  void start();
  // `done` runs once, from the loop: when confirmed, or with kUnknown after `limit`. kHard kills the process at once
  // where another closing already runs, else after a quarter of `limit`.
  void close(CloseMode mode, base::Duration limit, std::function<void(const Closed&)> done);
  // A standing connection is up, so that a closing needs no connect.
  [[nodiscard]] bool ready() const;
  // No connection is up, and none is answered, not even by a refusal of the server.
  [[nodiscard]] bool silent() const;
  // The last known read_only of this connection's own look, for a guard that watches a closed node.
  void look(base::Duration limit, std::function<void(std::optional<bool> read_only)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
