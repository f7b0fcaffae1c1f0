// One request as libmicrohttpd hands it over, piece by piece, and the answer to it.
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/io/http_server_impl.h"
#include "base/io/url.h"

namespace io {

namespace {

// Of a body that is too long, what is read away before the answer: a connection that closes with bytes unread is reset,
// and the answer lost with it (RFC 9112 section 9.6).
constexpr std::size_t kMostDiscarded = std::size_t{1} << 20;
constexpr std::size_t kStreamBlock = std::size_t{16} << 10;  // of a body in pieces, at a time

struct ResponseFree {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};

using ResponsePtr = std::unique_ptr<MHD_Response, ResponseFree>;

bool queue(MHD_Connection* connection, const ServerResponse& what, ResponsePtr response) {
  if (!response) return false;
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE, what.content_type.c_str());
  for (const auto& [key, value] : what.headers) MHD_add_response_header(response.get(), key.c_str(), value.c_str());
  return MHD_queue_response(connection, static_cast<unsigned>(what.status), response.get()) == MHD_YES;
}

bool queue(MHD_Connection* connection, const ServerResponse& what) {
  // MUST_COPY: libmicrohttpd's signature takes a plain pointer, but does not write through it.
  return queue(connection, what,
               ResponsePtr(MHD_create_response_from_buffer(what.body.size(), const_cast<char*>(what.body.data()),
                                                           MHD_RESPMEM_MUST_COPY)));
}

// Its exchange may be over before libmicrohttpd lets go of the response.
bool queue_stream(MHD_Connection* connection, const std::shared_ptr<Responder::Impl>& exchange) {
  using Shared = std::shared_ptr<Responder::Impl>;
  auto* shared = new Shared(exchange);  // freed with the response
  auto* made = MHD_create_response_from_callback(
      MHD_SIZE_UNKNOWN, kStreamBlock,
      +[](void* self, std::uint64_t, char* to, size_t most) -> ssize_t {
        return (*static_cast<Shared*>(self))->read_stream(to, most);
      },
      shared, +[](void* self) { delete static_cast<Shared*>(self); });
  if (made == nullptr) delete shared;
  return queue(connection, *exchange->response, ResponsePtr(made));
}

base::SocketAddress peer_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  sockaddr_storage from{};
  if (info == nullptr || info->client_addr == nullptr) return {};
  const auto* address = info->client_addr;
  std::memcpy(&from, address, address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  return base::SocketAddress::from_sockaddr(from);
}

}  // namespace

void Responder::Impl::respond(ServerResponse what) {
  if (connection == nullptr || response) return;
  response = std::move(what);
  go_on();
}

void Responder::Impl::go_on() {
  if (!std::exchange(suspended, false)) return;
  MHD_resume_connection(connection);
  wake->start(base::Duration::zero());  // resuming alone does not make the epoll descriptor readable
}

Responder::Impl* HttpServer::Impl::begin(const char* target, MHD_Connection* connection) {
  auto exchange = std::make_shared<Responder::Impl>();
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
  exchange->place = static_cast<HttpConnection*>(info->socket_context);
  exchange->request.target = target;
  return open.insert(exchange).first->get();
}

void HttpServer::Impl::end(Responder::Impl* exchange) {
  const auto at = std::find_if(open.begin(), open.end(), [&](const auto& item) { return item.get() == exchange; });
  if (at == open.end()) return;
  (*at)->connection = nullptr;
  (*at)->place->ask();
  if ((*at)->stream) --streams.now;
  open.erase(at);
}

// libmicrohttpd calls this once when the headers are there, once for each part of the body, and once at its end;
// again when a suspended connection is resumed.
bool HttpServer::Impl::step(MHD_Connection* connection, Responder::Impl& exchange, const char* method,
                            const char* upload, std::size_t* upload_size) {
  if (!exchange.begun) return begin_body(connection, exchange, method);
  if (*upload_size > 0) {
    const auto size = std::exchange(*upload_size, 0);
    exchange.received += size;
    if (exchange.received <= options.max_body) exchange.request.body.append(upload, size);
    return exchange.received <= std::max(options.max_body, kMostDiscarded);
  }
  if (exchange.received > options.max_body) return refuse_body(connection, exchange);
  if (!exchange.handed_over) return dispatch(connection, exchange);
  if (!exchange.response) return false;
  return answer(connection, shared(exchange));
}

std::shared_ptr<Responder::Impl> HttpServer::Impl::shared(const Responder::Impl& exchange) const {
  return *std::find_if(open.begin(), open.end(), [&](const auto& item) { return item.get() == &exchange; });
}

bool HttpServer::Impl::answer(MHD_Connection* connection, const std::shared_ptr<Responder::Impl>& exchange) {
  ++counters.responses[exchange->response->status];
  if (!exchange->stream) exchange->place->answer();
  return exchange->stream ? queue_stream(connection, exchange) : queue(connection, *exchange->response);
}

bool HttpServer::Impl::refuse_body(MHD_Connection* connection, Responder::Impl& exchange) {
  ++counters.responses[options.too_large.status];
  exchange.place->hold();
  exchange.place->answer();
  return queue(connection, options.too_large);
}

bool HttpServer::Impl::begin_body(MHD_Connection* connection, Responder::Impl& exchange, const char* method) {
  exchange.begun = true;
  auto& request = exchange.request;
  request.method = method;
  request.from = peer_of(connection);
  split_target(request.target, request.path, request.query);
  MHD_get_connection_values_n(
      connection, MHD_HEADER_KIND,
      +[](void* to, MHD_ValueKind, const char* key, size_t key_size, const char* value, size_t size) -> MHD_Result {
        auto& headers = static_cast<ServerRequest*>(to)->headers;
        headers.emplace_back(lower_case({key, key_size}), value == nullptr ? "" : std::string(value, size));
        return MHD_YES;
      },
      &request);
  const auto* length = request.header("content-length");
  if (length != nullptr && std::strtoull(length->c_str(), nullptr, 10) > std::max(options.max_body, kMostDiscarded)) {
    return refuse_body(connection, exchange);
  }
  return true;
}

bool HttpServer::Impl::dispatch(MHD_Connection* connection, Responder::Impl& exchange) {
  const auto kept = shared(exchange);
  kept->handed_over = true;
  kept->connection = connection;
  kept->place->hold();
  kept->wake = timer.get();
  kept->streams = &streams;
  handler(kept->request, Responder(kept));
  if (kept->response) return answer(connection, kept);
  kept->suspended = true;
  MHD_suspend_connection(connection);
  return true;
}

Responder::Responder(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Responder::Responder(Responder&&) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  if (this == &other) return *this;
  if (impl_) respond({503, "no answer\n"});
  impl_ = std::move(other.impl_);
  return *this;
}

Responder::~Responder() {
  if (impl_) impl_->respond({503, "no answer\n"});
}

void Responder::respond(ServerResponse response) {
  if (!impl_) return;
  const auto impl = std::move(impl_);
  impl->respond(std::move(response));
}

HttpHandler answer_at_once(std::function<ServerResponse(const ServerRequest&)> answer) {
  return [answer = std::move(answer)](const ServerRequest& request, Responder responder) {
    responder.respond(answer(request));
  };
}

}  // namespace io
