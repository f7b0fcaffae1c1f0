// The guard's UDP end, for a sitecheck on another host: verifies orders, puts them on this host's clock, answers each.
// Owned by the loop's thread.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/ip.h"
#include "base/result.h"
#include "base/uv.h"
#include "ecv/mac.h"
#include "sitecheck/io/guard_message.h"

namespace sitecheck {

struct GuardPortSettings {
  base::SocketAddress address;
  ecv::KeyRing keys;  // for: peers
  std::string site;
  std::string pool;
};

class GuardPort {
 public:
  struct Calls {
    // Whom the order came from, and the order, its deadline on this host's clock.
    std::function<void(const base::IpAddress&, const GuardOrder&)> on_order;
    std::function<GuardReport()> report;
  };
  // Error names the address.
  [[nodiscard]] static base::Result<std::unique_ptr<GuardPort>> open(base::Loop& loop, GuardPortSettings settings,
                                                                     Calls calls);
  ~GuardPort();
  GuardPort(const GuardPort&) = delete;
  GuardPort& operator=(const GuardPort&) = delete;

  // Says it again to the last sitecheck whose order was taken: something changed.
  void tell();
  // Takes the orders that wait now: before a deadline that has passed is acted on (rule 8).
  void drain();
  [[nodiscard]] const base::SocketAddress& address() const;

 private:
  struct Impl;
  explicit GuardPort(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
