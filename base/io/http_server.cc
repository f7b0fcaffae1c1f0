#include "base/io/http_server.h"

#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "base/io/http_server_impl.h"
#include "base/io/socket.h"

namespace io {

namespace {

const std::string* find(const std::vector<std::pair<std::string, std::string>>& in, std::string_view key) {
  const auto at = std::find_if(in.begin(), in.end(), [&](const auto& item) { return item.first == key; });
  return at == in.end() ? nullptr : &at->second;
}

}  // namespace

const std::string* ServerRequest::argument(std::string_view key) const { return find(query, key); }
const std::string* ServerRequest::header(std::string_view lower_name) const { return find(headers, lower_name); }

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen(base::Loop& loop, const base::SocketAddress& address,
                                                             ServerOptions options, HttpHandler handler,
                                                             base::SocketBag* given) {
  auto fd = bind_socket(address, SOCK_STREAM, given);
  if (!fd) return tl::unexpected(fd.error());
  auto bound = bound_address(fd->get());
  if (!bound) return tl::unexpected(bound.error());
  auto impl = std::make_unique<Impl>();
  impl->loop = &loop;
  impl->address = *bound;
  impl->options = options;
  impl->streams = {options.max_streams, options.max_stream_bytes, 0, &impl->counters.streams};
  impl->crowd = std::make_unique<HttpCrowd>(loop, impl->options, impl->counters);
  impl->handler = std::move(handler);
  impl->listener = std::move(*fd);
  if (!impl->start()) {
    return base::fail("cannot serve HTTP" + std::string(impl->options.tls ? "S" : "") + " at " + bound->to_string() +
                      (impl->options.tls ? ": certificate and key are no PEM, or do not belong together" : ""));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const base::SocketAddress& HttpServer::address() const { return impl_->address; }
int HttpServer::descriptor() const { return impl_->listener.get(); }

std::size_t HttpServer::streams() const { return impl_->streams.now; }
std::size_t HttpServer::connections() const { return impl_->crowd->size(); }
const HttpCounters& HttpServer::counters() const { return impl_->counters; }

void HttpServer::pause() {
  impl_->cut_streams_off();
  impl_->poll->stop();
  impl_->timer->stop();
}

void HttpServer::resume() {
  impl_->poll->start(base::Poll::kReadable);
  impl_->timer->start(base::Duration::zero());
}

base::Result<void> HttpServer::renew(ServerTls tls) {
  if (!impl_->options.tls) return base::fail("this port serves no TLS; that takes a restart");
  if (*impl_->options.tls == tls) return {};
  auto before = std::exchange(impl_->options.tls, std::move(tls));
  auto* made = impl_->make_daemon();
  if (made == nullptr) {
    impl_->options.tls = std::move(before);
    return base::fail("certificate and key are no PEM, or do not belong together");
  }
  if (auto* unused = std::exchange(impl_->next, made)) {
    const base::Fd socket(MHD_quiesce_daemon(unused));
    MHD_stop_daemon(unused);
  }
  impl_->take_over->start(base::Duration::zero());
  return {};
}

}  // namespace io
