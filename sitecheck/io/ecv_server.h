// The ECV report over HTTP (protocol.md section 8): signed JSON with long poll for dnsd and peers, plain text for
// balancers, and the classic MPP forms. It reads; no request changes anything, whatever its arguments say.
//
//   GET /ecv/v1/POOL?nonce=…&from=ID&max_epoch=E[&wait=SEQ[&hold=MS]]   JSON; 200 only if ACTIVE with lease left, else
//                                                               503. `hold`: be held no longer than this
//   GET /ecv/v1/POOL/active|writable|readable                   UP 200 or DOWN 503
//   GET /ecv/v1/POOL/NODE/active|writable|readable              likewise, of one node
//   GET /CACHE/POOL?is-active=H:P | ?report=H:P | ?list         OK or NO; "OK/ACTIVE (PRIMARY)"; the nodes
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/io/http_server.h"
#include "base/ip.h"
#include "base/result.h"
#include "base/time.h"
#include "base/uv.h"
#include "ecv/mac.h"
#include "ecv/report.h"

namespace sitecheck {

// A node as the plain-text and classic forms show it.
struct EcvNode {
  std::string name;
  std::string host;
  std::uint16_t port = 0;
  bool local = true;     // of this site; a watched one of another site counts for its own paths only
  bool primary = false;  // PRIMARY or SECONDARY
  ecv::NodeState state = ecv::NodeState::kUnknown;
  ecv::NodeStatus status = ecv::NodeStatus::kOk;
  std::optional<bool> read_only;
  int req = 0;          // failed polls in a row
  std::string message;  // last status message
  std::optional<std::int64_t> lag_ms;
  bool shared = false;       // of a pool in which every ACTIVE node serves readers too
  bool in_downtime = false;  // announced: it is read by nobody
};

// ACTIVE with lease left: what every form of the report means by "active".
[[nodiscard]] bool is_active(const ecv::Report& report);

// What is served. Called on the loop, at the moment of each answer.
struct EcvProvider {
  // The report with its lease as of now; `seq` and `server_time` are filled in by the server. Nothing: no such pool.
  std::function<std::optional<ecv::Report>(std::string_view pool)> report;
  // The pool's nodes in priority order; empty if there is no such pool.
  std::function<std::vector<EcvNode>(std::string_view pool)> nodes;
};

struct EcvOptions {
  base::SocketAddress listen;
  base::Duration max_wait;  // the longest a `wait` is held: the poll interval
  io::ServerOptions http{};
  unsigned rate_limit = 0;  // requests a second and client; 0: none
};

struct EcvCounters {
  std::uint64_t answers = 0;  // JSON reports sent
  std::uint64_t held = 0;     // of them, held by `wait`
  std::uint64_t refused = 0;  // 4xx
};

class EcvServer {
 public:
  // `keys` of purpose dnsd: the signer signs answers to requests with a nonce; with an empty ring nothing is signed.
  // Error names the address.
  [[nodiscard]] static base::Result<std::unique_ptr<EcvServer>> listen(base::Loop& loop, EcvOptions options,
                                                                       ecv::KeyRing keys, EcvProvider provider);
  ~EcvServer();
  EcvServer(const EcvServer&) = delete;
  EcvServer& operator=(const EcvServer&) = delete;

  // Other keys, from the next answer on.
  void set_keys(ecv::KeyRing keys);
  // Another certificate for connections to come; those that are there are closed, if it is another one. Error: it does
  // not fit, or TLS came or went; all stays as it was.
  [[nodiscard]] base::Result<void> renew(const std::optional<io::ServerTls>& tls);
  // The address really bound.
  [[nodiscard]] const base::SocketAddress& address() const;
  // The claim of `pool` changed: answers its held requests at once. A `wait` for an answer from before the change is
  // answered at once too.
  void notify(std::string_view pool);
  [[nodiscard]] const EcvCounters& counters() const;
  [[nodiscard]] const io::HttpServer& http() const;

 private:
  struct Impl;
  explicit EcvServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
