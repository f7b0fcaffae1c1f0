#include "sitecheck/io/stats.h"

#include <utility>

#include "base/io/metrics_text.h"

namespace sitecheck {

namespace {

using io::ServerRequest;
using io::ServerResponse;

ServerResponse text(int status, const char* body) { return {status, body}; }

ServerResponse answer(const StatsProvider& provider, const ServerRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return text(405, "only GET and HEAD are served\n");
  if (request.path == "/metrics") return {200, provider.metrics(), std::string(io::kMetricsContentType)};
  if (request.path == "/healthz") return text(200, "ok\n");
  if (request.path == "/readyz") return provider.ready() ? text(200, "ready\n") : text(503, "starting\n");
  if (request.path == "/api/v1/status") return {200, provider.status() + "\n", "application/json"};
  return text(404, "not found; there are /metrics /healthz /readyz /api/v1/status\n");
}

}  // namespace

base::Result<std::unique_ptr<StatsServer>> StatsServer::listen(base::Loop& loop, const base::SocketAddress& address,
                                                               StatsProvider provider) {
  auto http = io::HttpServer::listen(
      loop, address, {},
      io::answer_at_once([provider = std::move(provider)](const ServerRequest& r) { return answer(provider, r); }));
  if (!http) return tl::unexpected(http.error());
  return std::unique_ptr<StatsServer>(new StatsServer(std::move(*http)));
}

}  // namespace sitecheck
