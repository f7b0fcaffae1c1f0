#include "sitecheck/io/stats.h"

#include <utility>

#include "base/io/client_rate.h"
#include "base/io/metrics_text.h"
#include "sitecheck/io/page_files.h"

namespace sitecheck {

namespace {

using io::Responder;
using io::ServerRequest;
using io::ServerResponse;

constexpr unsigned kMostConnections = 128;
constexpr base::Duration kSlowestClient = base::seconds(10);

ServerResponse text(int status, const char* body) { return {status, body}; }

ServerResponse answer(const StatsProvider& provider, const ServerRequest& request) {
  if (request.method != "GET" && request.method != "HEAD") return text(405, "only GET and HEAD are served\n");
  if (request.path == "/metrics") return {200, provider.metrics(), std::string(io::kMetricsContentType)};
  if (request.path == "/healthz") return text(200, "ok\n");
  if (request.path == "/readyz") return provider.ready() ? text(200, "ready\n") : text(503, "starting\n");
  if (auto file = io::answer_page(kPage, request.path)) return *std::move(file);
  return text(404, "not found; there are / /metrics /healthz /readyz /api/v1/openapi.json\n");
}

bool is_api(const std::string& path) {
  return path.starts_with(Api::kRoot) && (path.size() == Api::kRoot.size() || path[Api::kRoot.size()] == '/');
}

}  // namespace

base::Result<std::unique_ptr<StatsServer>> StatsServer::listen(base::Loop& loop, const conf::Stats& conf,
                                                               StatsProvider provider) {
  std::unique_ptr<StatsServer> out(new StatsServer());
  out->api_ = std::make_unique<Api>(std::move(provider.api), conf::access_of(conf));
  io::ServerOptions options;
  options.max_connections = kMostConnections;
  options.idle_timeout = kSlowestClient;
  options.too_large = api_refusal(413, "the body is longer than " + std::to_string(options.max_body) + " bytes");
  options.tls = conf.tls;
  out->tls_ = conf.tls.has_value();
  io::HttpHandler handler = [api = out->api_.get(), provider = std::move(provider)](const ServerRequest& request,
                                                                                    Responder responder) {
    if (is_api(request.path)) return api->handle(request, std::move(responder));
    responder.respond(answer(provider, request));
  };
  auto http =
      io::HttpServer::listen(loop, conf.listen, std::move(options), io::limited(conf.rate_limit, std::move(handler)));
  if (!http) return tl::unexpected(http.error());
  out->http_ = std::move(*http);
  return out;
}

base::Result<void> StatsServer::renew(const conf::Stats& conf) {
  if (conf.tls.has_value() != tls_) return base::fail("stats: TLS comes and goes with a restart only");
  if (conf.tls) {
    if (auto renewed = http_->renew(*conf.tls); !renewed) {
      return base::fail("stats: tls: " + renewed.error().message);
    }
  }
  api_->set_access(conf::access_of(conf));
  return {};
}

}  // namespace sitecheck
