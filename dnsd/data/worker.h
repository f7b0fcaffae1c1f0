// One worker: a thread and a loop for its TCP clients, and a thread for each of its UDP sockets. Shares nothing per
// packet with other workers.
#pragma once

#include <memory>
#include <thread>
#include <vector>

#include "base/uv.h"
#include "dnsd/data/client_limits.h"
#include "dnsd/data/tcp_listener.h"
#include "dnsd/data/udp_worker.h"

namespace data {

class Worker {
 public:
  Worker(const Identity& identity, base::Duration tcp_idle_timeout, ClientLimits& limits,
         snapshot::Publisher& publisher, snapshot::CounterBoard& board);
  // Stops first, if need be.
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Before start(), by the thread that owns the worker.
  void add_udp(base::Fd fd, const base::SocketAddress& address);
  void add_tcp(base::Fd fd);

  // Taken up between two batches. By the thread that calls start().
  void set_policy(std::shared_ptr<const Policy> policy);

  void start();
  // Answers what the UDP sockets hold, then ends the threads and joins them. By the thread that called start().
  void stop();

 private:
  const Identity& identity_;
  const base::Duration tcp_idle_timeout_;
  ClientLimits& limits_;
  snapshot::Publisher& publisher_;
  snapshot::CounterBoard& board_;
  PolicySlot policy_;
  Scratch scratch_;
  TcpContext tcp_context_;
  base::Loop loop_;
  base::Async wake_;
  base::Async renew_;
  std::vector<std::unique_ptr<UdpWorker>> udp_;
  std::vector<std::unique_ptr<TcpListener>> tcp_;
  std::thread thread_;
};

}  // namespace data
