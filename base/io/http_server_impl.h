// The inside of HttpServer: http_server.cc (what its users call), http_daemon.cc (libmicrohttpd on the loop) and
// http_exchange.cc (one request and its answer).
#pragma once

#include <memory>
#include <optional>
#include <unordered_set>

#include "base/fd.h"
#include "base/io/http_server.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace io {

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

  void respond(ServerResponse what);
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

  ~Impl();
  bool start();
  [[nodiscard]] MHD_Daemon* make_daemon();
  void serve(MHD_Daemon* with);
  void renew();
  void stop();
  void run();
  [[nodiscard]] unsigned connections() const;
  Responder::Impl* begin(const char* target);
  void end(Responder::Impl* exchange);
  bool step(MHD_Connection* connection, Responder::Impl& exchange, const char* method, const char* upload,
            std::size_t* upload_size);
  bool begin_body(MHD_Connection* connection, Responder::Impl& exchange, const char* method) const;
  bool dispatch(MHD_Connection* connection, Responder::Impl& exchange);
};

}  // namespace io
