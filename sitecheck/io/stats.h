// sitecheck's stats port: /metrics (Prometheus text), /healthz (the process serves), /readyz (200 once it has
// looked at every node), /api/v1/status (JSON, as `status --json` prints it).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "base/io/http_server.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/uv.h"

namespace sitecheck {

// Called on the loop, once a request.
struct StatsProvider {
  std::function<std::string()> metrics;  // Prometheus text exposition, complete
  std::function<std::string()> status;   // JSON text
  std::function<bool()> ready;
};

class StatsServer {
 public:
  // Error names the address.
  [[nodiscard]] static base::Result<std::unique_ptr<StatsServer>> listen(base::Loop& loop,
                                                                         const base::SocketAddress& address,
                                                                         StatsProvider provider);
  // The address really bound.
  [[nodiscard]] const base::SocketAddress& address() const { return http_->address(); }

 private:
  explicit StatsServer(std::unique_ptr<io::HttpServer> http) : http_(std::move(http)) {}
  std::unique_ptr<io::HttpServer> http_;
};

}  // namespace sitecheck
