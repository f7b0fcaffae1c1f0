// Asynchronous HTTP/1.1 requests on the event loop (libcurl underneath).
//
// No redirects, no proxy, no cookies, no name lookups: the URL's host is an IP literal, or the caller says where to
// connect. Only http and https. Connections are kept and used again. One thread owns the client and its calls.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "base/uv.h"

namespace io {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

enum class HttpFault : std::uint8_t {
  kNone,
  kBadRequest,   // the request itself: a URL that is none, a scheme or host that is not allowed; nothing was sent
  kRefused,      // connection refused
  kUnreachable,  // no route, network or host unreachable
  kTimeout,      // connect or total timeout
  kReset,        // closed or reset before the answer was whole
  kTooLarge,     // headers or body above the cap
  kMalformed,    // no HTTP answer
  kTls,          // TLS could not be agreed or the certificate not verified
  kOther,
};
// "refused", "timeout", …: lower case, stable.
[[nodiscard]] std::string_view name(HttpFault f);

// Files in PEM; empty: the system's CAs, no certificate of one's own. Read anew for each connection.
struct HttpTls {
  std::string ca_file;
  std::string cert_file;
  std::string key_file;
  bool operator==(const HttpTls&) const = default;
};

struct HttpRequest {
  std::string method = "GET";  // GET, HEAD or POST
  std::string url;             // http://192.0.2.1:8054/path?query
  HttpHeaders headers;
  std::string body;  // of a POST
  base::Duration connect_timeout = base::seconds(1);
  base::Duration timeout = base::seconds(2);  // from start() to the last byte
  std::size_t max_body = std::size_t{1} << 20;
  bool fresh_connection = false;                  // neither takes a kept connection nor keeps its own
  bool verify_tls = true;                         // false only where reaching the host is all that counts
  HttpTls tls;                                    // of https
  std::optional<base::SocketAddress> connect_to;  // where to connect, whatever the URL's host is
  // Makes the answer a stream: each piece of body as it comes, with the status; the reply then carries none. `timeout`
  // runs to the first piece only, and max_body bounds nothing. False ends the request with kTooLarge. It must not
  // destroy the call or the client.
  std::function<bool(int status, std::string_view part)> on_part;
};

struct HttpReply {
  HttpFault fault = HttpFault::kNone;
  std::string detail;        // of a fault, for people
  int status = 0;            // 200, 503…; 0 if there was no answer
  HttpHeaders headers;       // names in lower case, in the order received
  std::string body;          // empty on a fault
  base::Instant sent_at;     // when start() was called: no byte left earlier
  base::Duration elapsed{};  // from then to the last byte

  // The first header of that lower-case name, or null.
  [[nodiscard]] const std::string* header(std::string_view lower_name) const;
};

// A request under way. Destroying it cancels the request; its callback then never runs.
class HttpCall {
 public:
  struct Impl;
  explicit HttpCall(std::unique_ptr<Impl> impl);
  ~HttpCall();
  HttpCall(const HttpCall&) = delete;
  HttpCall& operator=(const HttpCall&) = delete;

 private:
  std::unique_ptr<Impl> impl_;
};

class HttpClient {
 public:
  // `max_connections` open at once; further requests wait (their timeout runs).
  explicit HttpClient(base::Loop& loop, int max_connections = 256);
  // Calls that outlive their client stay silent.
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // `on_reply` runs once, from the loop, never from within start(); faults of the request come that way too. It may
  // destroy the call, start others, and destroy the client.
  [[nodiscard]] std::unique_ptr<HttpCall> start(HttpRequest request, std::function<void(const HttpReply&)> on_reply);

 private:
  struct Impl;
  // Shared with the calls: a call may be destroyed after its client.
  std::shared_ptr<Impl> impl_;
  friend class HttpCall;
};

}  // namespace io
