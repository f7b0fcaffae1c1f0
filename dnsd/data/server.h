// The name server's data plane: sockets, workers, answers. Control reaches it only through the Publisher and the
// counters.
//
//   auto server = Server::bind(options, publisher, board);   // every socket, before any thread; then drop privileges
//   (*server)->start();                                      // the threads of each worker
//   (*server)->stop();                                       // or the destructor: stops serving and joins
//
// Each worker has its own UDP socket per address (SO_REUSEPORT), each with a thread that shares nothing per packet with
// the others; TCP connections go to the worker that accepted them, which has one more thread for all of them. Works
// before the first publish: SERVFAIL with EDE 14 (Not Ready). One thread owns a Server and makes all calls.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/result.h"
#include "base/socket_bag.h"
#include "base/time.h"
#include "dnsd/data/policy.h"
#include "zones/snapshot/counters.h"
#include "zones/snapshot/publisher.h"

namespace data {

struct ServerOptions {
  std::vector<base::SocketAddress> listen;  // port 0: any free port, the same for UDP and TCP
  bool freebind = true;                     // binds addresses that this host does not have (yet)
  int workers = 0;                          // 0: one per core of this process's affinity
  std::string id;                           // id.server and hostname.bind, class CH (RFC 4892); empty: refused
  std::string version;                      // version.bind and version.server, class CH; empty: refused
  std::string nsid;                         // RFC 5001; empty: option not answered
  std::uint16_t udp_payload = 1232;         // largest UDP answer, and what OPT offers; 512..4096
  base::Duration tcp_idle_timeout = base::seconds(10);
  int tcp_max_connections = 1000;  // in all
  int tcp_max_per_client = 100;    // per IPv4 address or IPv6 /64
};

class Server {
 public:
  // Binds everything but what lies in `given`, which is used as it is: each worker gets one of an address's sockets, or
  // shares one. `publisher` and `board` must outlive the server. Without `freebind`, addresses that this host does not
  // have are left to bind_missing(), unless it has none of them.
  // Error: names the address and the reason, e.g. "dns 127.0.0.1@53 (udp): Permission denied".
  [[nodiscard]] static base::Result<std::unique_ptr<Server>> bind(const ServerOptions& options,
                                                                  snapshot::Publisher& publisher,
                                                                  snapshot::CounterBoard& board,
                                                                  base::SocketBag* given = nullptr);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Really bound addresses, in the order of `listen`; valid from bind on.
  [[nodiscard]] const std::vector<base::SocketAddress>& addresses() const;
  // Those of them that wait for bind_missing().
  [[nodiscard]] const std::vector<base::SocketAddress>& missing() const;
  // Tries them again, and serves what can be bound now; returns that. Error: the first that cannot be bound for another
  // reason than that this host does not have it; the others were tried.
  [[nodiscard]] base::Result<std::vector<base::SocketAddress>> bind_missing();
  // Every socket that is bound, for a process that takes over; they stay this server's as well.
  [[nodiscard]] std::vector<int> sockets() const;

  void start();
  // From now on; each worker takes it up between two batches. Before start() or after it.
  void set_policy(std::shared_ptr<const Policy> policy);
  // Another process serves the same sockets from now on: receives and accepts no more, ends when the last TCP client
  // has gone, or after `grace`. `done` is called then, by another thread. Nothing that a socket holds is lost.
  void retire(base::Duration grace, std::function<void()> done);
  // Idempotent. After it no thread runs and the sockets are closed.
  void stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace data
