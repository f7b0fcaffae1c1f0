// What befell the clients of one HTTP port since its start. Plain numbers, read for /metrics.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>

namespace io {

struct StreamCounters {
  std::uint64_t opened = 0;
  std::uint64_t refused = 0;  // there were ServerOptions::max_streams
  std::uint64_t slow = 0;     // cut off: the client did not take what was sent
  std::uint64_t pieces = 0;   // sent, over all streams; the first of each too
  std::uint64_t dropped = 0;  // not sent: its client was cut off for it
};

// Connections that came to nothing, by why.
struct FailedConnections {
  std::uint64_t handshake = 0;    // TLS was not concluded: no certificate, one that is not trusted, or no TLS at all
  std::uint64_t slow = 0;         // cut off: a request did not come, or an answer was not taken, in time
  std::uint64_t crowded_out = 0;  // cut off: it had asked for nothing the longest when the places ran short
  std::uint64_t no_request = 0;   // ended before the first request: the client left, or what came was no HTTP
};

struct HttpCounters {
  std::map<int, std::uint64_t> responses;  // by status
  std::uint64_t connections = 0;           // accepted
  FailedConnections failed;
  StreamCounters streams;
};

}  // namespace io
