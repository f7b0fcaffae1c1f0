// Ends the client sessions that came while a node was being closed (spec.md section 8: a killed connection resolves the
// name anew; one that is left holds its client at a server that refuses every write). A fence waits for the sessions
// that could still commit, and for no others; this is the pass behind it, which nothing waits for.
// Owned by the loop's thread.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "base/uv.h"
#include "probes/mysql_client.h"

namespace sitecheck {

class SessionSweep {
 public:
  // `client` is the standing admin connection, unused by others while a sweep runs. `spared`: own accounts.
  SessionSweep(base::Loop& loop, probes::MysqlClient& client, const std::vector<std::string>& spared);

  // Ends every client session that is there now, those that are still logging in as soon as they have; `done` runs
  // once, when none of them is left, when `yields` says that the connection is wanted, or after 10 s.
  void start(std::function<bool()> yields, std::function<void()> done);

 private:
  void list();
  void on_sessions(const probes::MysqlResult& r);
  void kill(std::vector<std::string> statements, std::size_t at);
  void end();

  probes::MysqlClient& client_;
  const std::vector<std::string>& spared_;
  base::Timer again_;
  base::Instant begun_;
  std::uint64_t last_ = 0;  // highest id of the first list: who came later is none of ours; 0: no list yet
  std::function<bool()> yields_;
  std::function<void()> done_;
};

}  // namespace sitecheck
