// How sitecheck reaches its guard: the Unix socket of this host, or signed datagrams to another.
// Owned by the loop's thread.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/ip.h"
#include "base/result.h"
#include "base/uv.h"
#include "ecv/mac.h"
#include "sitecheck/io/guard_message.h"

namespace sitecheck {

class GuardChannel {
 public:
  struct Calls {
    std::function<void(const GuardReport&)> on_report;  // `seq` and `deadline` as sitecheck's orders named them
    std::function<void()> on_end;                       // the guard's process ended
    std::function<void()> on_ready;                     // what was sent before could not count: send it again now
  };
  virtual ~GuardChannel() = default;
  // Connects where need be. Error: why nobody can be there.
  virtual base::Result<void> maintain() = 0;
  virtual void send(const GuardOrder& order) = 0;
};

[[nodiscard]] std::unique_ptr<GuardChannel> local_guard_channel(base::Loop& loop, std::filesystem::path socket,
                                                                GuardChannel::Calls calls);

struct RemoteGuard {
  base::SocketAddress address;
  ecv::KeyRing keys;  // for: peers
  std::string site;
  std::string pool;
  double drift = 0;  // rho: how wrong a second may be on either host
};
[[nodiscard]] std::unique_ptr<GuardChannel> remote_guard_channel(base::Loop& loop, RemoteGuard guard,
                                                                 GuardChannel::Calls calls);

}  // namespace sitecheck
