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
#include "sitecheck/core/actions.h"

namespace sitecheck {

struct ServiceFound {
  std::string site;
  base::SocketAddress address;
  std::optional<bool> ok;  // nothing: not tested yet
  std::optional<base::Instant> tested_at;
  std::string message;
  std::string note;  // the server answers but refuses our account: what to create; else ""
};

class ServiceTests {
 public:
  // Those that the configuration names (service_at) begin at once; the others when their sites tell where they are.
  // `on_event` gets a ServiceTested for each test, from the loop. `conf` outlives it.
  ServiceTests(base::Loop& loop, const conf::Sitecheck& conf, std::function<void(core::Event)> on_event);
  ~ServiceTests();
  ServiceTests(const ServiceTests&) = delete;
  ServiceTests& operator=(const ServiceTests&) = delete;

  // A site told its address. What the configuration names for it stands; text that is no address ends the test and is
  // logged.
  void learn(const core::TestService& told);

  // `conf` was replaced: tests that stay the same go on, under the index that their pool has now.
  void reconfigure();

  // Those of the configuration in its order, then those that were told.
  [[nodiscard]] std::vector<ServiceFound> found(core::PoolIndex pool) const;

 private:
  struct Test;
  base::Loop& loop_;
  const conf::Sitecheck& conf_;
  std::function<void(core::Event)> on_event_;
  std::vector<std::unique_ptr<Test>> tests_;
};

}  // namespace sitecheck
