// The inside of HttpServer: http_server.cc (what its users call), http_daemon.cc (libmicrohttpd on the loop) and
// http_exchange.cc (one request and its answer); http_stream.cc (an answer in pieces).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/fd.h"
#include "base/io/http_crowd.h"
#include "base/io/http_server.h"

struct MHD_Connection;
struct MHD_Daemon;

namespace io {

// All answers in pieces of one server.
struct Streams {
  std::size_t most = 0;        // ServerOptions::max_streams
  std::size_t most_bytes = 0;  // ServerOptions::max_stream_bytes
  std::size_t now = 0;
  StreamCounters* counters = nullptr;  // of the server
};

// One of them.
struct StreamState {
  std::string pending;    // what the client has not taken yet, from `taken` on
  std::size_t taken = 0;  // of `pending`
  bool ended = false;     // by the user: `pending` is the rest
  bool cut = false;
};

// One request under way; libmicrohttpd carries a pointer to it.
struct Responder::Impl {
  MHD_Connection* connection = nullptr;  // null once the request is over
  HttpConnection* place = nullptr;       // of the connection; valid while `connection` is
  base::Timer* wake = nullptr;           // the server's; valid while `connection` is
  Streams* streams = nullptr;            // so too
  bool begun = false;                    // headers seen
  bool handed_over = false;              // the handler was called
  bool suspended = false;
  std::size_t received = 0;  // of the body
  std::optional<ServerResponse> response;
  ServerRequest request;
  std::optional<StreamState> stream;  // the response's body comes in pieces

  void respond(ServerResponse what);
  // Lets libmicrohttpd go on with the connection, which waited for us.
  void go_on();
  // What libmicrohttpd asks for: at most `most` octets of the body; 0, after suspending the connection, for none yet.
  std::int64_t read_stream(char* to, std::size_t most);
  // The client gets nothing more; its connection ends.
  void cut_off();
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
  HttpCounters counters;
  std::unique_ptr<HttpCrowd> crowd;
  bool stopping = false;
  int restless = 0;  // wake-ups in a row after which more was waiting
  // Shared with responders, which may outlive the connection.
  std::unordered_set<std::shared_ptr<Responder::Impl>> open;
  Streams streams;

  ~Impl();
  bool start();
  [[nodiscard]] MHD_Daemon* make_daemon();
  void serve(MHD_Daemon* with);
  void renew();
  void stop();
  void run();
  [[nodiscard]] unsigned connections() const;
  Responder::Impl* begin(const char* target, MHD_Connection* connection);
  void end(Responder::Impl* exchange);
  void cut_streams_off();
  [[nodiscard]] std::shared_ptr<Responder::Impl> shared(const Responder::Impl& exchange) const;
  bool answer(MHD_Connection* connection, const std::shared_ptr<Responder::Impl>& exchange);
  bool refuse_body(MHD_Connection* connection, Responder::Impl& exchange);
  void connected(MHD_Connection* connection, void** context);
  bool step(MHD_Connection* connection, Responder::Impl& exchange, const char* method, const char* upload,
            std::size_t* upload_size);
  bool begin_body(MHD_Connection* connection, Responder::Impl& exchange, const char* method);
  bool dispatch(MHD_Connection* connection, Responder::Impl& exchange);
};

}  // namespace io
