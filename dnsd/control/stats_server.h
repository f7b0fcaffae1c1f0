// The stats port of dnsd: / (the status page, live over /api/v1/stream: live.h), /metrics (Prometheus text), /healthz
// (200 while the process serves), /readyz (503 until the zones are compiled and the first round of claims is over, or
// its bounded wait), /api/v1/status and /api/v1/overrides (JSON, the same documents as `status` and `overrides` on the
// control socket). GET and HEAD only, but for the commands (command_api.h); nothing is to be cached.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/io/api_access.h"
#include "base/io/control.h"
#include "base/io/http_server.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/uv.h"
#include "conf/stats.h"

namespace control {

// Asked on the loop, once a request.
struct StatsSource {
  std::function<std::string()> metrics;  // the whole Prometheus text
  // JSON text; the wide-IPs from that place on, if one is asked for with ?from=N.
  std::function<std::string(std::optional<std::size_t> from)> status;
  std::function<bool()> ready;
  std::function<void(const io::ServerRequest&, io::Responder)> stream = {};  // a GET of /api/v1/stream
  // A command of command_api.h, as on the control socket; also `overrides`.
  std::function<io::ControlReply(const io::ControlRequest&)> command = {};
};

// Unknown path: 404. A method other than GET and HEAD: 405 with Allow. Every answer carries Cache-Control: no-store and
// X-Content-Type-Options: nosniff.
[[nodiscard]] io::ServerResponse answer_stats(const StatsSource& source, const io::ServerRequest& request);

// What to answer instead if `request` may not be answered: 401 for what is under /api without a right to read it
// (stats.anonymous, stats.tokens), and for commands without one to write, which nobody has without a token (403: a
// known one that may read only, or a web page asks). The other paths are everybody's.
[[nodiscard]] std::optional<io::ServerResponse> refuse_stats(const io::ApiAccess& access,
                                                             const io::ServerRequest& request);

class StatsServer {
 public:
  // Error names the address. A socket in `given` that listens there is used as it is.
  [[nodiscard]] static base::Result<std::unique_ptr<StatsServer>> listen(base::Loop& loop, const conf::Stats& conf,
                                                                         StatsSource source,
                                                                         base::SocketBag* given = nullptr);
  // Takes over tokens and certificate, with the port open. Error: they do not fit; all stays as it was.
  [[nodiscard]] base::Result<void> renew(const conf::Stats& conf);
  // Really bound.
  [[nodiscard]] const base::SocketAddress& address() const { return http_->address(); }
  [[nodiscard]] io::HttpServer& http() { return *http_; }

 private:
  StatsServer() = default;
  io::ApiAccess access_;  // read at each request
  std::unique_ptr<io::HttpServer> http_;
};

}  // namespace control
