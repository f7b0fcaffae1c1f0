// An HTTP/1.1 server on the event loop, without threads (libmicrohttpd underneath).
//
// Answers come at once, later (long poll), or piece by piece (ResponseStream): the handler gets a responder that it may
// keep. A client that is slow, silent or hostile costs a connection until its timeout, and a stream's bounded buffer,
// never more; where connections run short, those that have been asking the longest make way. One thread owns the
// server, its responders and its streams.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/io/http_counters.h"
#include "base/io/server_tls.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/socket_bag.h"
#include "base/time.h"
#include "base/uv.h"

namespace io {

struct ServerRequest {
  std::string method;                                        // as sent: "GET", "HEAD"…
  std::string target;                                        // path and query as requested, not decoded
  std::string path;                                          // percent-decoded, without the query
  std::vector<std::pair<std::string, std::string>> query;    // decoded, in order; "?list" has an empty value
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case
  std::string body;
  base::SocketAddress from;

  // The first argument or header of that name; nothing (null) if absent.
  [[nodiscard]] const std::string* argument(std::string_view key) const;
  [[nodiscard]] const std::string* header(std::string_view lower_name) const;
};

struct ServerResponse {
  int status = 200;
  std::string body;
  std::string content_type = "text/plain; charset=utf-8";
  std::vector<std::pair<std::string, std::string>> headers{};  // further ones
};

class ResponseStream;

// The right and duty to answer one request, once. Destroyed unanswered it answers 503. It may outlive its server:
// then it does nothing.
class Responder {
 public:
  struct Impl;
  explicit Responder(std::shared_ptr<Impl> impl);
  Responder(Responder&&) noexcept;
  Responder& operator=(Responder&&) noexcept;
  ~Responder();
  // A second call does nothing.
  void respond(ServerResponse response);
  // Answers with what the stream will be given: `head` is its status, type and headers, its body the first piece. Where
  // the server carries ServerOptions::max_streams already it answers 503, and the stream is over from the start.
  [[nodiscard]] ResponseStream stream(ServerResponse head);

 private:
  // Shared with the server's connection: either may end first.
  std::shared_ptr<Impl> impl_;
};

// A body without an end, in pieces. Destroyed it ends the body well. It may outlive its server: then it is over.
//
// A client that has not taken ServerOptions::max_stream_bytes of what was sent is cut off. One that is gone is found
// only by sending to it: whoever has nothing to say sends a heartbeat.
class ResponseStream {
 public:
  explicit ResponseStream(std::shared_ptr<Responder::Impl> impl);
  ResponseStream(ResponseStream&&) noexcept;
  ResponseStream& operator=(ResponseStream&&) noexcept;
  ~ResponseStream();
  // Goes out as soon as the client takes it. False: it is over; nothing was sent, nothing will be.
  bool send(std::string_view piece);
  // The client is still there, as far as is known.
  [[nodiscard]] bool open() const;

 private:
  void end();
  // Shared with the server's connection: either may end first.
  std::shared_ptr<Responder::Impl> impl_;
};

using HttpHandler = std::function<void(const ServerRequest&, Responder)>;

// Makes a handler of a function that always answers at once.
[[nodiscard]] HttpHandler answer_at_once(std::function<ServerResponse(const ServerRequest&)> answer);

struct ServerOptions {
  unsigned max_connections = 256;
  unsigned max_connections_per_ip = 0;              // 0: no limit of its own
  base::Duration idle_timeout = base::seconds(10);  // of a connection without progress, not of a held answer
  // Of one that makes some: a whole request, from the opening of the connection or the answer before it; and an answer,
  // streams aside.
  base::Duration slowest_request = base::seconds(20);
  base::Duration slowest_answer = base::seconds(120);
  std::size_t max_body = std::size_t{64} << 10;  // of a request; more is read away and answered 413
  ServerResponse too_large{413, "request body too large\n"};
  unsigned max_streams = 32;                            // at a time
  std::size_t max_stream_bytes = std::size_t{1} << 20;  // that one client has not taken yet
  std::optional<ServerTls> tls;                         // HTTPS, TLS 1.2 at least, and nothing else
};

class HttpServer {
 public:
  // Port 0 binds a free one. Error names the address: in use, not local, no permission. `handler` runs on the loop; it
  // must not destroy the server. A listening socket in `given` that is bound there is used as it is.
  [[nodiscard]] static base::Result<std::unique_ptr<HttpServer>> listen(base::Loop& loop,
                                                                        const base::SocketAddress& address,
                                                                        ServerOptions options, HttpHandler handler,
                                                                        base::SocketBag* given = nullptr);
  // Held answers are given up: their clients see a closed connection.
  ~HttpServer();
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // The address really bound.
  [[nodiscard]] const base::SocketAddress& address() const;
  // Of the listening socket.
  [[nodiscard]] int descriptor() const;
  // Under way now: streams, and connections.
  [[nodiscard]] std::size_t streams() const;
  [[nodiscard]] std::size_t connections() const;
  [[nodiscard]] const HttpCounters& counters() const;
  // Between them nothing moves: who connects waits in the kernel, for another process that has the socket too. Streams
  // are cut off, so that their clients do the same.
  void pause();
  void resume();

  // Another certificate, or other authorities of clients, for connections to come, from the next turn of the loop;
  // those that are there are closed then. The socket stays open all the while. May be called from the handler. Error:
  // they do not fit, or the server was made without TLS; all stays as it was. The same as now: nothing happens.
  [[nodiscard]] base::Result<void> renew(ServerTls tls);

 private:
  struct Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
