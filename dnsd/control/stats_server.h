// The stats port of dnsd: / (the status page, live over /api/v1/stream: live.h), /metrics (Prometheus text), /healthz
// (200 while the process serves), /readyz (503 until the zones are compiled and the first round of claims is over, or
// its bounded wait), /api/v1/status (JSON, the same document as `status` on the control socket). GET and HEAD only;
// nothing is to be cached.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/io/http_server.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/uv.h"

namespace control {

// Asked on the loop, once a request.
struct StatsSource {
  std::function<std::string()> metrics;  // the whole Prometheus text
  // JSON text; the wide-IPs from that place on, if one is asked for with ?from=N.
  std::function<std::string(std::optional<std::size_t> from)> status;
  std::function<bool()> ready;
  std::function<void(const io::ServerRequest&, io::Responder)> stream = {};  // a GET of /api/v1/stream
};

// Unknown path: 404. A method other than GET and HEAD: 405 with Allow. Every answer carries Cache-Control: no-store and
// X-Content-Type-Options: nosniff.
[[nodiscard]] io::ServerResponse answer_stats(const StatsSource& source, const io::ServerRequest& request);

class StatsServer {
 public:
  // Error names the address. A socket in `given` that listens there is used as it is.
  [[nodiscard]] static base::Result<std::unique_ptr<StatsServer>> listen(base::Loop& loop,
                                                                         const base::SocketAddress& address,
                                                                         StatsSource source,
                                                                         base::SocketBag* given = nullptr);
  // Really bound.
  [[nodiscard]] const base::SocketAddress& address() const { return http_->address(); }
  [[nodiscard]] io::HttpServer& http() { return *http_; }

 private:
  explicit StatsServer(std::unique_ptr<io::HttpServer> http) : http_(std::move(http)) {}
  std::unique_ptr<io::HttpServer> http_;
};

}  // namespace control
