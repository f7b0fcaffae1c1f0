// Monitors that somebody tells of instead of looking: what comes of it for everything that a wide-IP stands on,
// composites too. Pure.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "conf/dnsd.h"
#include "dnsd/control/inputs.h"
#include "dnsd/control/monitor_state.h"

namespace control {

class ToldMonitors {
 public:
  // `config` outlives this.
  explicit ToldMonitors(const conf::Dnsd& config);

  // From `at` on the monitor says that, at `where`: an address, or those of a member; empty: wherever it looks. What
  // of the wide-IPs' is otherwise by that. A composite that is told of itself no longer asks its parts.
  // Error: there is no such monitor, or it looks at nothing there.
  [[nodiscard]] base::Result<std::vector<ProbeInput>> tell(const std::string& monitor, const std::string& where,
                                                           MonitorValue value, base::Instant at);

 private:
  using Address = std::optional<base::IpAddress>;
  [[nodiscard]] decide::Watch place_of(const conf::Monitor& monitor, const Address& address) const;
  // The places of that monitor that `watch` stands on.
  void find(const std::string& monitor, const std::string& sought, const Address& address,
            std::set<decide::Watch>& out) const;
  [[nodiscard]] std::set<base::IpAddress> addresses_at(const std::string& where) const;
  [[nodiscard]] MonitorValue value_of(const std::string& monitor, const Address& address) const;
  [[nodiscard]] std::vector<ProbeInput> news(base::Instant at);

  const conf::Dnsd& config_;
  std::set<decide::Watch> watches_;
  std::map<decide::Watch, MonitorValue> told_;
  std::map<decide::Watch, decide::Health> known_;  // by watches_
};

}  // namespace control
