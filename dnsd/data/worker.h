// One worker: a thread, its loop, its UDP sockets and TCP clients. Shares nothing per packet with other workers.
#pragma once

#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "base/uv.h"
#include "dnsd/data/client_limits.h"
#include "dnsd/data/tcp_listener.h"
#include "dnsd/data/udp_socket.h"

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
  // Answers what the sockets hold, then ends the thread and joins it. By the thread that called start().
  void stop();

 private:
  void run();
  void take_policy();
  void serve_udp();

  const Identity& identity_;
  const base::Duration tcp_idle_timeout_;
  ClientLimits& limits_;
  snapshot::Publisher::Reader& reader_;
  snapshot::WorkerCounters& counters_;
  Scratch scratch_;
  TcpContext tcp_context_;
  base::Loop loop_;
  base::Async wake_;
  std::mutex lock_;  // guards next_policy_
  std::shared_ptr<const Policy> next_policy_;
  base::Async renew_;
  std::vector<std::unique_ptr<UdpSocket>> udp_;
  std::vector<base::Poll> udp_polls_;  // goes before its sockets
  std::vector<std::unique_ptr<TcpListener>> tcp_;
  std::thread thread_;
};

}  // namespace data
