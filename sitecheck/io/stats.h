// sitecheck's stats port: / (the status page, live over /api/v1/stream), /metrics (Prometheus text), /healthz (the
// process serves), /readyz (200 once it has looked at every node), and the REST API below /api/v1 (api.h). HTTPS where
// it has a certificate.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/io/http_server.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "sitecheck/io/api.h"

namespace sitecheck {

// Called on the loop, once a request.
struct StatsProvider {
  std::function<std::string()> metrics;  // Prometheus text exposition, complete
  std::function<bool()> ready;
  ApiProvider api;
};

class StatsServer {
 public:
  // Error names the address, or what is wrong with the certificate.
  [[nodiscard]] static base::Result<std::unique_ptr<StatsServer>> listen(base::Loop& loop, const conf::Stats& conf,
                                                                         StatsProvider provider);
  // Takes over tokens, their rights and the certificate of `conf`, whole or not at all; never another address, nor TLS
  // where there was none (or none where there was). May be called from within a request. Error: why not.
  [[nodiscard]] base::Result<void> renew(const conf::Stats& conf);
  // The address really bound.
  [[nodiscard]] const base::SocketAddress& address() const { return http_->address(); }
  [[nodiscard]] const io::HttpServer& http() const { return *http_; }
  [[nodiscard]] const ApiCounters& counters() const { return api_->counters(); }

 private:
  StatsServer() = default;
  std::unique_ptr<Api> api_;
  bool tls_ = false;
  std::unique_ptr<io::HttpServer> http_;  // declared last: its handler uses the others
};

}  // namespace sitecheck
