// Tests the service addresses of the other sites (protocol.md section 3): what their wide-IP members hand out, which a
// balancer or a floating address may stand behind. Each at the probe interval, on a fresh connection, to the end of
// MySQL's handshake.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/core/events.h"

namespace sitecheck {

struct ServiceFound {
  std::string site;
  base::SocketAddress address;
  std::optional<bool> ok;  // nothing: not tested yet
  std::optional<base::Instant> tested_at;
  std::string message;
};

class ServiceTests {
 public:
  // Begins at once. `on_event` gets a ServiceTested for each test, from the loop.
  ServiceTests(base::Loop& loop, const conf::Sitecheck& conf, std::function<void(core::Event)> on_event);
  ~ServiceTests();
  ServiceTests(const ServiceTests&) = delete;
  ServiceTests& operator=(const ServiceTests&) = delete;

  // In the order of the configuration.
  [[nodiscard]] std::vector<ServiceFound> found(core::PoolIndex pool) const;

 private:
  struct Test;
  std::vector<std::unique_ptr<Test>> tests_;
};

}  // namespace sitecheck
