// Looks at a MySQL server that is a checkpoint: a round gives up after its timeout, a login never does. A handshake
// that is broken off counts towards max_connect_errors, so one that is late is left to end by itself, within kPatience;
// while kMostLate of them are under way, a new look fails at once and opens nothing.
#pragma once

#include <list>
#include <memory>

#include "base/ip.h"
#include "base/uv.h"
#include "probes/mysql_service.h"
#include "probes/probe.h"

namespace probes {

// The logins to one server. Outlives the looks that it makes.
class MysqlLooks {
 public:
  static constexpr base::Duration kPatience = base::seconds(10);  // MySQL's own connect_timeout
  static constexpr std::size_t kMostLate = 8;

  MysqlLooks(base::Loop& loop, const base::SocketAddress& address, ServiceAccount account);
  ~MysqlLooks();
  MysqlLooks(const MysqlLooks&) = delete;
  MysqlLooks& operator=(const MysqlLooks&) = delete;

  // One look; ok if a MySQL server answered, whatever it thinks of the account (service_answers()).
  [[nodiscard]] std::unique_ptr<Probe> make(base::Duration timeout);
  // Logins under way, late ones included.
  [[nodiscard]] std::size_t under_way() const { return logins_.size(); }

 private:
  class Look;
  struct Login {
    std::unique_ptr<MysqlServiceProbe> probe;
    Look* look = nullptr;  // who waits for it; null once nobody does
  };

  base::Loop& loop_;
  base::SocketAddress address_;
  ServiceAccount account_;
  std::list<Login> logins_;
};

}  // namespace probes
