#include "base/io/http_server.h"

#include <fcntl.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "base/fd.h"
#include "base/io/socket.h"
#include "base/io/url.h"

namespace io {

namespace {

constexpr std::size_t kConnectionMemory = std::size_t{32} << 10;  // request line and headers
constexpr int kMostRunsPerWakeup = 16;
// Of a body that is too long, what is read away before the answer: a connection that closes with bytes unread is reset,
// and the answer lost with it (RFC 9112 section 9.6).
constexpr std::size_t kMostDiscarded = std::size_t{1} << 20;
// GnuTLS's own choice, without what came before TLS 1.2 (RFC 8996).
constexpr char kPriorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

struct ResponseFree {
  void operator()(MHD_Response* response) const { MHD_destroy_response(response); }
};

MHD_Result queue(MHD_Connection* connection, const ServerResponse& what) {
  // MUST_COPY: libmicrohttpd's signature takes a plain pointer, but does not write through it.
  const std::unique_ptr<MHD_Response, ResponseFree> response(
      MHD_create_response_from_buffer(what.body.size(), const_cast<char*>(what.body.data()), MHD_RESPMEM_MUST_COPY));
  if (!response) return MHD_NO;
  MHD_add_response_header(response.get(), MHD_HTTP_HEADER_CONTENT_TYPE, what.content_type.c_str());
  for (const auto& [key, value] : what.headers) MHD_add_response_header(response.get(), key.c_str(), value.c_str());
  return MHD_queue_response(connection, static_cast<unsigned>(what.status), response.get());
}

base::SocketAddress peer_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
  sockaddr_storage from{};
  if (info == nullptr || info->client_addr == nullptr) return {};
  const auto* address = info->client_addr;
  std::memcpy(&from, address, address->sa_family == AF_INET6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in));
  return base::SocketAddress::from_sockaddr(from);
}

const std::string* find(const std::vector<std::pair<std::string, std::string>>& in, std::string_view key) {
  const auto at = std::find_if(in.begin(), in.end(), [&](const auto& item) { return item.first == key; });
  return at == in.end() ? nullptr : &at->second;
}

}  // namespace

const std::string* ServerRequest::argument(std::string_view key) const { return find(query, key); }
const std::string* ServerRequest::header(std::string_view lower_name) const { return find(headers, lower_name); }

// One request under way; libmicrohttpd carries a pointer to it.
struct Responder::Impl {
  MHD_Connection* connection = nullptr;  // null once the request is over
  base::Timer* wake = nullptr;           // the server's; valid while `connection` is
  bool begun = false;                    // headers seen
  bool handed_over = false;              // the handler was called
  bool suspended = false;
  std::size_t received = 0;  // of the body
  std::optional<ServerResponse> response;
  ServerRequest request;

  void respond(ServerResponse what) {
    if (connection == nullptr || response) return;
    response = std::move(what);
    if (!std::exchange(suspended, false)) return;
    MHD_resume_connection(connection);
    wake->start(base::Duration::zero());  // resuming alone does not make the epoll descriptor readable
  }
};

struct HttpServer::Impl {
  base::Loop* loop = nullptr;
  base::SocketAddress address;
  ServerOptions options;
  HttpHandler handler;
  base::Fd listener;  // libmicrohttpd has a duplicate, so that another daemon may take it over
  MHD_Daemon* daemon = nullptr;
  MHD_Daemon* next = nullptr;  // with another certificate; takes over at the next turn
  std::unique_ptr<base::Timer> take_over;
  std::unique_ptr<base::Poll> poll;
  std::unique_ptr<base::Timer> timer;
  // Shared with responders, which may outlive the connection.
  std::unordered_set<std::shared_ptr<Responder::Impl>> open;

  ~Impl() {
    stop();
    std::swap(daemon, next);
    stop();
  }
  bool start();
  [[nodiscard]] MHD_Daemon* make_daemon();
  void serve(MHD_Daemon* with);
  void renew();
  void stop();
  void run();
  [[nodiscard]] unsigned connections() const;
  Responder::Impl* begin(const char* target);
  void end(Responder::Impl* exchange);
  MHD_Result step(MHD_Connection* connection, Responder::Impl& exchange, const char* method, const char* upload,
                  std::size_t* upload_size);
  MHD_Result begin_body(MHD_Connection* connection, Responder::Impl& exchange, const char* method) const;
  MHD_Result dispatch(MHD_Connection* connection, Responder::Impl& exchange);
};

MHD_Daemon* HttpServer::Impl::make_daemon() {
  const auto idle = std::chrono::ceil<base::seconds>(options.idle_timeout).count();
  base::Fd socket(::fcntl(listener.get(), F_DUPFD_CLOEXEC, 0));
  if (!socket) return nullptr;
  std::vector<MHD_OptionItem> tls;
  unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME;
  if (options.tls) {
    flags |= MHD_USE_TLS;
    tls = {{MHD_OPTION_HTTPS_MEM_CERT, 0, options.tls->cert.data()},
           {MHD_OPTION_HTTPS_MEM_KEY, 0, options.tls->key.data()},
           {MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kPriorities)}};
  }
  tls.push_back({MHD_OPTION_END, 0, nullptr});
  auto* made = MHD_start_daemon(
      flags, 0, nullptr, nullptr,
      +[](void* self, MHD_Connection* connection, const char*, const char* method, const char*, const char* upload,
          size_t* upload_size, void** context) -> MHD_Result {
        if (*context == nullptr) return MHD_NO;
        return static_cast<Impl*>(self)->step(connection, *static_cast<Responder::Impl*>(*context), method, upload,
                                              upload_size);
      },
      this, MHD_OPTION_LISTEN_SOCKET, socket.get(), MHD_OPTION_CONNECTION_LIMIT, options.max_connections,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, options.max_connections_per_ip, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(std::max<std::int64_t>(1, idle)), MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,
      MHD_OPTION_URI_LOG_CALLBACK,
      +[](void* self, const char* target, MHD_Connection*) -> void* { return static_cast<Impl*>(self)->begin(target); },
      this, MHD_OPTION_NOTIFY_COMPLETED,
      +[](void* self, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
        static_cast<Impl*>(self)->end(static_cast<Responder::Impl*>(*context));
        *context = nullptr;
      },
      this, MHD_OPTION_ARRAY, tls.data(), MHD_OPTION_END);
  if (made != nullptr) (void)socket.release();  // libmicrohttpd owns it now
  return made;
}

bool HttpServer::Impl::start() {
  auto* made = make_daemon();
  if (made == nullptr) return false;
  take_over = std::make_unique<base::Timer>(*loop, [this] { renew(); });
  serve(made);
  return true;
}

void HttpServer::Impl::serve(MHD_Daemon* with) {
  daemon = with;
  const auto* info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_EPOLL_FD);
  timer = std::make_unique<base::Timer>(*loop, [this] { run(); });
  poll = std::make_unique<base::Poll>(*loop, info->epoll_fd, [this](int, int) { run(); });
  poll->start(base::Poll::kReadable);
}

void HttpServer::Impl::renew() {
  auto* with = std::exchange(next, nullptr);
  if (with == nullptr) return;
  stop();
  serve(with);
}

void HttpServer::Impl::stop() {
  if (daemon == nullptr) return;
  poll.reset();
  timer.reset();
  // libmicrohttpd aborts when it is stopped with suspended connections.
  for (const auto& exchange : open) {
    if (std::exchange(exchange->suspended, false)) MHD_resume_connection(exchange->connection);
  }
  // Quiesced, so that it does not shut the listening socket down, which another daemon may share.
  const base::Fd socket(MHD_quiesce_daemon(daemon));
  MHD_stop_daemon(std::exchange(daemon, nullptr));
  for (const auto& exchange : open) exchange->connection = nullptr;
  open.clear();
}

unsigned HttpServer::Impl::connections() const {
  return MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_CURRENT_CONNECTIONS)->num_connections;
}

void HttpServer::Impl::run() {
  for (int i = 0; i < kMostRunsPerWakeup; ++i) {
    const auto before = connections();
    MHD_run(daemon);
    // At its connection limit libmicrohttpd stops listening, and begins again only in the run after one has closed:
    // without that run a server whose last connections timed out would be deaf for ever.
    if (connections() < before) continue;
    MHD_UNSIGNED_LONG_LONG ms = 0;
    if (MHD_get_timeout(daemon, &ms) != MHD_YES) {
      timer->stop();
      return;
    }
    if (ms != 0) {
      timer->start(base::milliseconds(ms));
      return;
    }
  }
  timer->start(base::Duration::zero());  // more is waiting; let others have their turn
}

Responder::Impl* HttpServer::Impl::begin(const char* target) {
  auto exchange = std::make_shared<Responder::Impl>();
  exchange->request.target = target;
  return open.insert(exchange).first->get();
}

void HttpServer::Impl::end(Responder::Impl* exchange) {
  const auto at = std::find_if(open.begin(), open.end(), [&](const auto& item) { return item.get() == exchange; });
  if (at == open.end()) return;
  (*at)->connection = nullptr;
  open.erase(at);
}

// libmicrohttpd calls this once when the headers are there, once for each part of the body, and once at its end;
// again when a suspended connection is resumed.
MHD_Result HttpServer::Impl::step(MHD_Connection* connection, Responder::Impl& exchange, const char* method,
                                  const char* upload, std::size_t* upload_size) {
  if (!exchange.begun) return begin_body(connection, exchange, method);
  if (*upload_size > 0) {
    const auto size = std::exchange(*upload_size, 0);
    exchange.received += size;
    if (exchange.received <= options.max_body) exchange.request.body.append(upload, size);
    return exchange.received <= std::max(options.max_body, kMostDiscarded) ? MHD_YES : MHD_NO;
  }
  if (exchange.received > options.max_body) return queue(connection, options.too_large);
  if (!exchange.handed_over) return dispatch(connection, exchange);
  return exchange.response ? queue(connection, *exchange.response) : MHD_NO;
}

MHD_Result HttpServer::Impl::begin_body(MHD_Connection* connection, Responder::Impl& exchange,
                                        const char* method) const {
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
    return queue(connection, options.too_large);
  }
  return MHD_YES;
}

MHD_Result HttpServer::Impl::dispatch(MHD_Connection* connection, Responder::Impl& exchange) {
  const auto shared =
      *std::find_if(open.begin(), open.end(), [&](const auto& item) { return item.get() == &exchange; });
  shared->handed_over = true;
  shared->connection = connection;
  shared->wake = timer.get();
  handler(shared->request, Responder(shared));
  if (shared->response) return queue(connection, *shared->response);
  shared->suspended = true;
  MHD_suspend_connection(connection);
  return MHD_YES;
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

HttpServer::HttpServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpServer::~HttpServer() = default;

base::Result<std::unique_ptr<HttpServer>> HttpServer::listen(base::Loop& loop, const base::SocketAddress& address,
                                                             ServerOptions options, HttpHandler handler) {
  auto fd = bind_socket(address, SOCK_STREAM);
  if (!fd) return tl::unexpected(fd.error());
  auto bound = bound_address(fd->get());
  if (!bound) return tl::unexpected(bound.error());
  auto impl = std::make_unique<Impl>();
  impl->loop = &loop;
  impl->address = *bound;
  impl->options = options;
  impl->handler = std::move(handler);
  impl->listener = std::move(*fd);
  if (!impl->start()) {
    return base::fail("cannot serve HTTP" + std::string(impl->options.tls ? "S" : "") + " at " + bound->to_string() +
                      (impl->options.tls ? ": certificate and key are no PEM, or do not belong together" : ""));
  }
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(impl)));
}

const base::SocketAddress& HttpServer::address() const { return impl_->address; }

base::Result<void> HttpServer::renew(ServerTls tls) {
  if (!impl_->options.tls) return base::fail("this port serves no TLS; that takes a restart");
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
