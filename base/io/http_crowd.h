// The connections of one HTTP port, and how long each may take: a client that drips its request octet by octet makes
// progress all the time, so that libmicrohttpd's own timeout never ends it ("slowloris").
//
// Each connection asks, is held (its handler has the request, or its answer is a stream), or is answered. One that asks
// or is answered for too long is cut off; and so is, where places run short, the one that has been asking the longest.
// On the loop's thread. For http_daemon.cc and http_exchange.cc.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <unordered_map>

#include "base/io/http_counters.h"
#include "base/io/http_server.h"
#include "base/time.h"
#include "base/uv.h"

namespace io {

class HttpConnection {
 public:
  // A request is being handled: no limit.
  void hold();
  // Its answer, no stream, goes out.
  void answer();
  // The next request may come.
  void ask();
  // TLS is concluded; without TLS it is from the start.
  void conclude_handshake() { handshaken_ = true; }

 private:
  friend class HttpCrowd;
  enum class Doing { kAsking, kHeld, kAnswered };
  void turn_to(Doing what);

  int fd_ = -1;
  Doing doing_ = Doing::kAsking;
  base::Instant since_;
  bool asked_ = false;  // ever
  bool handshaken_ = false;
  bool cut_off_ = false;
};

class HttpCrowd {
 public:
  // `options` and `counters` outlive it.
  HttpCrowd(base::Loop& loop, const ServerOptions& options, HttpCounters& counters);

  // A connection has come; valid until close().
  HttpConnection* open(int fd);
  // `by_client`: not because the server stops.
  void close(HttpConnection* connection, bool by_client);
  [[nodiscard]] std::size_t size() const { return all_.size(); }

 private:
  void cut_off(HttpConnection& connection, std::uint64_t& counter);
  void make_room();
  void sweep();

  const ServerOptions& options_;
  HttpCounters& counters_;
  std::unordered_map<HttpConnection*, std::unique_ptr<HttpConnection>> all_;
  base::Timer sweep_;
};

}  // namespace io
