#include "dnsd/control/stats_server.h"

#include "base/io/metrics_text.h"

namespace control {

namespace {

// The path's own answer; status 404 if there is no such path.
io::ServerResponse answer_path(const StatsSource& source, const std::string& path) {
  io::ServerResponse out;
  if (path == "/metrics") {
    out.body = source.metrics();
    out.content_type = io::kMetricsContentType;
  } else if (path == "/healthz") {
    out.body = "ok\n";
  } else if (path == "/readyz") {
    const bool ready = source.ready();
    out.status = ready ? 200 : 503;
    out.body = ready ? "ready\n" : "not ready: the first round of claims is not over\n";
  } else if (path == "/api/v1/status") {
    out.body = source.status();
    out.content_type = "application/json";
  } else {
    out.status = 404;
    out.body = "no such path; there are /metrics, /healthz, /readyz and /api/v1/status\n";
  }
  return out;
}

}  // namespace

io::ServerResponse answer_stats(const StatsSource& source, const io::ServerRequest& request) {
  io::ServerResponse out;
  if (request.method != "GET" && request.method != "HEAD") {
    out.status = 405;
    out.body = "only GET and HEAD\n";
    out.headers.emplace_back("Allow", "GET, HEAD");
  } else {
    out = answer_path(source, request.path);
  }
  out.headers.emplace_back("Cache-Control", "no-store");
  out.headers.emplace_back("X-Content-Type-Options", "nosniff");
  return out;
}

base::Result<std::unique_ptr<StatsServer>> StatsServer::listen(base::Loop& loop, const base::SocketAddress& address,
                                                               StatsSource source, base::SocketBag* given) {
  auto http = io::HttpServer::listen(loop, address, {},
                                     io::answer_at_once([source = std::move(source)](const io::ServerRequest& request) {
                                       return answer_stats(source, request);
                                     }),
                                     given);
  if (!http) return tl::unexpected(http.error());
  return std::unique_ptr<StatsServer>(new StatsServer(std::move(*http)));
}

}  // namespace control
