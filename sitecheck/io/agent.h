// The ports of the agent check: balancers connect, perhaps say what they ask for, get one line. A client that is slow,
// silent or hostile costs a connection for two seconds at most, never more.
//
// Owned by the loop's thread.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/io/agent_text.h"

namespace sitecheck {

struct AgentCounters {
  std::uint64_t answers = 0;  // lines about a pool or node
  std::uint64_t refused = 0;  // connections beyond the limit, and lines that ask for nothing that there is a form for
};

class AgentServer {
 public:
  // The pool as it is at the moment of the answer; nothing if there is none of that name.
  using Provider = std::function<std::optional<AgentPool>(std::string_view pool)>;
  // Opens every port of `conf`. Error names the address.
  [[nodiscard]] static base::Result<std::unique_ptr<AgentServer>> listen(base::Loop& loop, const conf::Agent& conf,
                                                                         Provider provider);
  ~AgentServer();
  AgentServer(const AgentServer&) = delete;
  AgentServer& operator=(const AgentServer&) = delete;

  // Takes over other ports and limits, whole or not at all: a port whose address stays goes on. Error names the
  // address.
  [[nodiscard]] base::Result<void> reconfigure(const conf::Agent& conf);
  // The addresses really bound: that of `listen` first, if there is one, then those of `ports`.
  [[nodiscard]] std::vector<base::SocketAddress> addresses() const;
  [[nodiscard]] const AgentCounters& counters() const;

 private:
  struct Impl;
  explicit AgentServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
