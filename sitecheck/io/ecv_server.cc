#include "sitecheck/io/ecv_server.h"

#include <algorithm>
#include <map>
#include <utility>

#include "base/io/client_rate.h"
#include "base/io/deadline.h"
#include "base/text.h"
#include "sitecheck/io/ecv_text.h"

namespace sitecheck {

namespace {

using io::Responder;
using io::ServerRequest;
using io::ServerResponse;

constexpr std::string_view kRoot = "/ecv/v1/";
constexpr std::size_t kMostNonce = 64;

ServerResponse refuse(int status, std::string why) { return {status, std::move(why) + "\n"}; }

ServerResponse up_or_down(bool up) {
  return {up ? 200 : 503, up ? "UP\n" : "DOWN\n", "text/plain; charset=utf-8", {{"Cache-Control", "no-store"}}};
}

std::vector<std::string> segments(std::string_view path) {
  std::vector<std::string> out;
  while (!path.empty()) {
    const auto end = path.find('/');
    out.emplace_back(path.substr(0, end));
    path = end == path.npos ? std::string_view() : path.substr(end + 1);
  }
  return out;
}

std::optional<std::uint64_t> parse_number(const std::string& text) {
  if (text.empty() || text.size() > 19 || text.find_first_not_of("0123456789") != text.npos) return std::nullopt;
  return std::stoull(text);
}

}  // namespace

bool is_active(const ecv::Report& report) { return report.state == ecv::PoolState::kActive && report.lease_ms > 0; }

struct EcvServer::Impl {
  // A request held by `wait`.
  struct Held {
    ServerRequest request;
    std::string pool;
    Responder responder;
    std::unique_ptr<io::Deadline> deadline;
  };

  base::Loop& loop;
  EcvOptions options;
  ecv::KeyRing keys;
  EcvProvider provider;
  EcvCounters counters;
  std::uint64_t seq = 0;                                         // of the last answer of this process
  std::map<std::string, std::uint64_t, std::less<>> changed_at;  // seq at the pool's last change
  std::uint64_t next_held = 0;
  std::map<std::uint64_t, Held> held;
  std::unique_ptr<io::HttpServer> http;

  Impl(base::Loop& on, EcvOptions opts, ecv::KeyRing ring, EcvProvider from)
      : loop(on), options(std::move(opts)), keys(std::move(ring)), provider(std::move(from)) {}

  void handle(const ServerRequest& request, Responder responder);
  ServerResponse answer_path(const std::vector<std::string>& path);
  void report(const std::string& pool, const ServerRequest& request, Responder responder);
  void hold(const std::string& pool, const ServerRequest& request, Responder responder);
  base::Duration hold_time(const ServerRequest& request) const;
  void release(std::uint64_t id);
  ServerResponse make_report(const std::string& pool, const ServerRequest& request);
  ServerResponse pool_view(const std::string& pool, View view);
  ServerResponse node_view(const std::string& pool, const std::string& node, View view);
};

void EcvServer::Impl::handle(const ServerRequest& request, Responder responder) {
  const auto refuse_with = [&](int status, const char* why) {
    ++counters.refused;
    responder.respond(refuse(status, why));
  };
  if (request.method != "GET" && request.method != "HEAD") return refuse_with(405, "only GET and HEAD are served");
  const std::string_view path = request.path;
  if (path.substr(0, kRoot.size()) == kRoot) {
    const auto parts = segments(path.substr(kRoot.size()));
    if (parts.size() == 1) return report(parts[0], request, std::move(responder));
    auto response = answer_path(parts);
    if (response.status == 404) ++counters.refused;
    return responder.respond(std::move(response));
  }
  const auto parts = segments(path.empty() ? path : path.substr(1));
  if (parts.size() != 2) return refuse_with(404, "no such path");
  const auto report_now = provider.report(parts[1]);
  if (!report_now) return refuse_with(404, "no such pool");
  const auto classic = answer_classic(is_active(*report_now), provider.nodes(parts[1]), request);
  if (!classic) return refuse_with(400, "ask is-active=HOST:PORT, report=HOST:PORT or list");
  responder.respond({200, *classic, "text/plain; charset=utf-8", {{"Cache-Control", "no-store"}}});
}

ServerResponse EcvServer::Impl::answer_path(const std::vector<std::string>& path) {
  const auto view = path.empty() ? std::nullopt : parse_view(path.back());
  if (!view) return refuse(404, "no such path");
  if (path.size() == 2) return pool_view(path[0], *view);
  if (path.size() == 3) return node_view(path[0], path[1], *view);
  return refuse(404, "no such path");
}

ServerResponse EcvServer::Impl::pool_view(const std::string& pool, View view) {
  const auto report = provider.report(pool);
  if (!report) return refuse(404, "no such pool");
  return up_or_down(pool_shows(view, is_active(*report), provider.nodes(pool)));
}

ServerResponse EcvServer::Impl::node_view(const std::string& pool, const std::string& node, View view) {
  const auto report = provider.report(pool);
  if (!report) return refuse(404, "no such pool");
  const auto nodes = provider.nodes(pool);
  const auto* found = find_node(nodes, node);
  if (found == nullptr) return refuse(404, "no such node");
  return up_or_down(node_shows(view, is_active(*report), nodes, *found));
}

// `from` and `max_epoch` come unsigned, so they change nothing (protocol.md section 8): they are not even read.
void EcvServer::Impl::report(const std::string& pool, const ServerRequest& request, Responder responder) {
  const auto refuse_with = [&](int status, const char* why) {
    ++counters.refused;
    responder.respond(refuse(status, why));
  };
  if (!provider.report(pool)) return refuse_with(404, "no such pool");
  const auto* nonce = request.argument("nonce");
  if (nonce != nullptr && (nonce->empty() || nonce->size() > kMostNonce || !base::printable(*nonce))) {
    return refuse_with(400, "nonce: 1 to 64 printable characters");
  }
  if (const auto* wait = request.argument("wait")) {
    const auto seen = parse_number(*wait);
    if (!seen) return refuse_with(400, "wait: the seq of an answer");
    const auto changed = changed_at.find(pool);
    const auto change = changed == changed_at.end() ? 0 : changed->second;
    // Worth holding only if the asker has seen an answer of this process from after the last change.
    if (*seen > change && *seen <= seq) return hold(pool, request, std::move(responder));
  }
  responder.respond(make_report(pool, request));
}

// An asker whose poll interval is shorter than ours may say so by `hold`; it is never held longer than ours.
base::Duration EcvServer::Impl::hold_time(const ServerRequest& request) const {
  constexpr std::uint64_t kMostMs = 60'000;
  const auto* hold = request.argument("hold");
  const auto ms = hold == nullptr ? std::nullopt : parse_number(*hold);
  if (!ms) return options.max_wait;
  return std::min<base::Duration>(options.max_wait, base::milliseconds(std::min(*ms, kMostMs)));
}

void EcvServer::Impl::hold(const std::string& pool, const ServerRequest& request, Responder responder) {
  const auto id = next_held++;
  auto deadline = std::make_unique<io::Deadline>(loop, [this, id] { release(id); });
  deadline->start(hold_time(request));
  held.emplace(id, Held{request, pool, std::move(responder), std::move(deadline)});
  ++counters.held;
}

void EcvServer::Impl::release(std::uint64_t id) {
  auto node = held.extract(id);
  if (node.empty()) return;
  auto& item = node.mapped();
  item.responder.respond(make_report(item.pool, item.request));
}

// Made at the moment of sending: the lease is what is left now.
ServerResponse EcvServer::Impl::make_report(const std::string& pool, const ServerRequest& request) {
  auto report = provider.report(pool);
  if (!report) return refuse(404, "no such pool");
  report->seq = ++seq;
  report->server_time = base::format_utc(base::read_wall_clock());
  ++counters.answers;
  ServerResponse out;
  out.status = is_active(*report) ? 200 : 503;
  out.content_type = "application/json";
  out.body = ecv::encode(*report) + "\n";
  out.headers = {{"Cache-Control", "no-store"}};
  const auto* nonce = request.argument("nonce");
  const auto* key = keys.signer();
  if (nonce != nullptr && key != nullptr) {
    out.headers.emplace_back("Wideip-MAC", ecv::sign_http(*key, request.method, request.target, *nonce, out.body));
  }
  return out;
}

EcvServer::EcvServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

EcvServer::~EcvServer() = default;

base::Result<std::unique_ptr<EcvServer>> EcvServer::listen(base::Loop& loop, EcvOptions options, ecv::KeyRing keys,
                                                           EcvProvider provider) {
  auto impl = std::make_unique<Impl>(loop, std::move(options), std::move(keys), std::move(provider));
  io::HttpHandler handler = [raw = impl.get()](const ServerRequest& request, Responder responder) {
    raw->handle(request, std::move(responder));
  };
  auto http = io::HttpServer::listen(loop, impl->options.listen, impl->options.http,
                                     io::limited(impl->options.rate_limit, std::move(handler)));
  if (!http) return tl::unexpected(http.error());
  impl->http = std::move(*http);
  return std::unique_ptr<EcvServer>(new EcvServer(std::move(impl)));
}

void EcvServer::set_keys(ecv::KeyRing keys) { impl_->keys = std::move(keys); }

base::Result<void> EcvServer::renew(const std::optional<io::ServerTls>& tls) {
  if (tls.has_value() != impl_->options.http.tls.has_value()) {
    return base::fail("ecv: TLS comes and goes with a restart only");
  }
  if (!tls) return {};
  auto renewed = impl_->http->renew(*tls);
  if (!renewed) return base::fail("ecv: tls: " + renewed.error().message);
  return {};
}

const base::SocketAddress& EcvServer::address() const { return impl_->http->address(); }

void EcvServer::notify(std::string_view pool) {
  impl_->changed_at[std::string(pool)] = impl_->seq;
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, item] : impl_->held) {
    if (item.pool == pool) waiting.push_back(id);
  }
  for (const auto id : waiting) impl_->release(id);
}

const EcvCounters& EcvServer::counters() const { return impl_->counters; }

const io::HttpServer& EcvServer::http() const { return *impl_->http; }

}  // namespace sitecheck
