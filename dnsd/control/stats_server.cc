#include "dnsd/control/stats_server.h"

#include <algorithm>
#include <charconv>

#include "base/io/client_rate.h"
#include "base/io/metrics_text.h"
#include "base/io/page.h"
#include "base/log.h"
#include "dnsd/control/command_api.h"
#include "dnsd/control/page_files.h"

namespace control {

namespace {

std::optional<std::size_t> number(const std::string* text) {
  std::size_t out = 0;
  if (text == nullptr) return std::nullopt;
  const auto [end, fault] = std::from_chars(text->data(), text->data() + text->size(), out);
  return fault == std::errc() && end == text->data() + text->size() ? std::optional(out) : std::nullopt;
}

// The path's own answer; status 404 if there is no such path.
io::ServerResponse answer_path(const StatsSource& source, const io::ServerRequest& request) {
  const std::string& path = request.path;
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
    const std::string* from = request.argument("from");
    const auto place = number(from);
    if (from != nullptr && !place) {
      out.status = 400;
      out.body = "from: not a whole number\n";
      return out;
    }
    out.body = source.status(place);
    out.content_type = "application/json";
  } else if (path == "/api/v1/overrides" && source.command) {
    io::ControlRequest request_of_all;
    request_of_all.command = "overrides";
    out.body = source.command(request_of_all).data + "\n";
    out.content_type = "application/json";
  } else if (auto file = io::answer_page(kPage, path)) {
    out = *std::move(file);
  } else {
    out.status = 404;
    out.body =
        "no such path; there are /, /api/v1/stream, /metrics, /healthz, /readyz, /api/v1/status, "
        "/api/v1/overrides and /api/v1/commands/COMMAND\n";
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
    out = answer_path(source, request);
  }
  for (const auto& [key, value] : {std::pair("Cache-Control", "no-store"), {"X-Content-Type-Options", "nosniff"}}) {
    const bool there =
        std::any_of(out.headers.begin(), out.headers.end(), [name = key](const auto& h) { return h.first == name; });
    if (!there) out.headers.emplace_back(key, value);
  }
  return out;
}

std::optional<io::ServerResponse> refuse_stats(const io::ApiAccess& access, const io::ServerRequest& request) {
  if (!request.path.starts_with("/api/")) return std::nullopt;
  const auto needed = is_command(request) ? io::Right::kWrite : io::Right::kRead;
  const auto judged = io::judge_access(request, needed, access);
  if (judged.refused == 0) return std::nullopt;
  base::log(base::Level::kInfo, "stats.denied", judged.why,
            {{"from", request.from.to_string()}, {"path", request.path}});
  io::ServerResponse out{judged.refused, judged.why + "\n"};
  if (judged.refused == 401) out.headers.emplace_back("WWW-Authenticate", "Bearer");  // RFC 6750 section 3
  out.headers.emplace_back("Cache-Control", "no-store");
  return out;
}

base::Result<std::unique_ptr<StatsServer>> StatsServer::listen(base::Loop& loop, const conf::Stats& conf,
                                                               StatsSource source, base::SocketBag* given) {
  std::unique_ptr<StatsServer> out(new StatsServer());
  out->access_ = conf::access_of(conf);
  io::ServerOptions options;
  options.tls = conf.tls;
  const auto handle = [access = &out->access_, source = std::move(source)](const io::ServerRequest& request,
                                                                           io::Responder responder) {
    if (auto refused = refuse_stats(*access, request)) return responder.respond(*std::move(refused));
    if (source.stream && request.path == "/api/v1/stream" && request.method == "GET") {
      return source.stream(request, std::move(responder));
    }
    if (source.command && is_command(request)) {
      const auto who = io::judge_access(request, io::Right::kWrite, *access).caller;
      return responder.respond(
          answer_command(request, "token " + who + " from " + request.from.ip.to_string(), source.command));
    }
    responder.respond(answer_stats(source, request));
  };
  auto http =
      io::HttpServer::listen(loop, conf.listen, std::move(options), io::limited(conf.rate_limit, handle), given);
  if (!http) return tl::unexpected(http.error());
  out->http_ = std::move(*http);
  return out;
}

base::Result<void> StatsServer::renew(const conf::Stats& conf) {
  if (conf.tls) {
    if (auto renewed = http_->renew(*conf.tls); !renewed) return base::fail("tls: " + renewed.error().message);
  }
  access_ = conf::access_of(conf);
  return {};
}

}  // namespace control
