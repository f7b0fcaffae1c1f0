// libmicrohttpd on the loop: started, run when it is ready, exchanged for one with another certificate, ended.
#include <fcntl.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <microhttpd.h>

#include <algorithm>
#include <utility>

#include "base/io/http_server_impl.h"

namespace io {

namespace {

constexpr std::size_t kConnectionMemory = std::size_t{32} << 10;  // request line and headers
constexpr int kMostRunsPerWakeup = 16;
constexpr int kMostRestless = 20;  // ms
// GnuTLS's own choice, without what came before TLS 1.2 (RFC 8996).
constexpr char kPriorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

gnutls_session_t session_of(MHD_Connection* connection) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_GNUTLS_SESSION);
  return info == nullptr ? nullptr : static_cast<gnutls_session_t>(info->tls_session);
}

// libmicrohttpd asks for a certificate and leaves it to the application to judge it, or that there is none. Here the
// handshake does, so that nobody without one reaches even the parser of requests (RFC 8446 section 4.4.2.4).
void demand_certificate(gnutls_session_t session) {
  static gnutls_typed_vdata_st purpose = {
      GNUTLS_DT_KEY_PURPOSE_OID, reinterpret_cast<unsigned char*>(const_cast<char*>(GNUTLS_KP_TLS_WWW_CLIENT)), 0};
  gnutls_certificate_server_set_request(session, GNUTLS_CERT_REQUIRE);
  gnutls_session_set_verify_cert2(session, &purpose, 1, 0);
}

// The client's Finished is the last that it sends of a handshake (RFC 8446 section 4.4.4, RFC 5246 section 7.4.9).
void watch_handshake(gnutls_session_t session, HttpConnection* place) {
  gnutls_session_set_ptr(session, place);
  gnutls_handshake_set_hook_function(
      session, GNUTLS_HANDSHAKE_FINISHED, GNUTLS_HOOK_POST,
      +[](gnutls_session_t of, unsigned, unsigned, unsigned incoming, const gnutls_datum_t*) -> int {
        if (incoming != 0) static_cast<HttpConnection*>(gnutls_session_get_ptr(of))->conclude_handshake();
        return 0;
      });
}

}  // namespace

HttpServer::Impl::~Impl() {
  stop();
  std::swap(daemon, next);
  stop();
}

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
    if (!options.tls->client_ca.empty()) {
      tls.push_back({MHD_OPTION_HTTPS_MEM_TRUST, 0, options.tls->client_ca.data()});
    }
  }
  tls.push_back({MHD_OPTION_END, 0, nullptr});
  auto* made = MHD_start_daemon(
      flags, 0, nullptr, nullptr,
      +[](void* self, MHD_Connection* connection, const char*, const char* method, const char*, const char* upload,
          size_t* upload_size, void** context) -> MHD_Result {
        if (*context == nullptr) return MHD_NO;
        auto& exchange = *static_cast<Responder::Impl*>(*context);
        return static_cast<Impl*>(self)->step(connection, exchange, method, upload, upload_size) ? MHD_YES : MHD_NO;
      },
      this, MHD_OPTION_LISTEN_SOCKET, socket.get(), MHD_OPTION_CONNECTION_LIMIT, options.max_connections,
      MHD_OPTION_PER_IP_CONNECTION_LIMIT, options.max_connections_per_ip, MHD_OPTION_CONNECTION_TIMEOUT,
      static_cast<unsigned>(std::max<std::int64_t>(1, idle)), MHD_OPTION_CONNECTION_MEMORY_LIMIT, kConnectionMemory,
      MHD_OPTION_URI_LOG_CALLBACK,
      +[](void* self, const char* target, MHD_Connection* connection) -> void* {
        return static_cast<Impl*>(self)->begin(target, connection);
      },
      this, MHD_OPTION_NOTIFY_COMPLETED,
      +[](void* self, MHD_Connection*, void** context, MHD_RequestTerminationCode) {
        static_cast<Impl*>(self)->end(static_cast<Responder::Impl*>(*context));
        *context = nullptr;
      },
      this, MHD_OPTION_NOTIFY_CONNECTION,
      +[](void* self, MHD_Connection* connection, void** context, MHD_ConnectionNotificationCode event) {
        auto& server = *static_cast<Impl*>(self);
        if (event == MHD_CONNECTION_NOTIFY_STARTED) return server.connected(connection, context);
        server.crowd->close(static_cast<HttpConnection*>(*context), !server.stopping);
      },
      this, MHD_OPTION_ARRAY, tls.data(), MHD_OPTION_END);
  if (made != nullptr) (void)socket.release();  // libmicrohttpd owns it now
  return made;
}

void HttpServer::Impl::connected(MHD_Connection* connection, void** context) {
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  auto* place = crowd->open(info->connect_fd);
  *context = place;
  auto* session = session_of(connection);
  if (session == nullptr) return;
  watch_handshake(session, place);
  if (!options.tls->client_ca.empty()) demand_certificate(session);
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
  stopping = true;  // those who are closed now have failed in nothing
  MHD_stop_daemon(std::exchange(daemon, nullptr));
  stopping = false;
  for (const auto& exchange : open) exchange->connection = nullptr;
  open.clear();
  streams.now = 0;
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
      restless = 0;
      timer->stop();
      return;
    }
    if (ms != 0) {
      restless = 0;
      timer->start(base::milliseconds(ms));
      return;
    }
  }
  // More is waiting, or libmicrohttpd thinks so: a client that has sent half of a TLS hello and nothing more has it say
  // so until that connection times out. Others have their turn, and the longer this goes on, the longer a one.
  restless = std::min(restless + 1, kMostRestless);
  timer->start(base::milliseconds(restless));
}

}  // namespace io
