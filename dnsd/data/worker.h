// One worker: a thread and a loop for its TCP clients, and a thread for each of its UDP sockets. Shares nothing per
// packet with other workers.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
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

  // All calls are the owner's, who may add sockets before start() or after it.
  void add_udp(base::Fd fd, const base::SocketAddress& address);
  void add_tcp(base::Fd fd);

  // Taken up between two batches.
  void set_policy(std::shared_ptr<const Policy> policy);

  void start();
  // After start(): gives the sockets up, whose queues another process serves from here on, and ends when the last TCP
  // client has gone, or after `grace`. `done` is called then, by the worker's thread. stop() is still to be called.
  void retire(base::Duration grace, std::function<void()> done);
  // Answers what the UDP sockets hold, then ends the threads and joins them.
  void stop();

 private:
  // Runs `task` on the loop of the TCP clients; before start() at once.
  void post(std::function<void()> task);
  void run_tasks();
  void begin_to_end(base::Duration grace);
  void end_if_drained();

  const Identity& identity_;
  const base::Duration tcp_idle_timeout_;
  ClientLimits& limits_;
  snapshot::Publisher& publisher_;
  snapshot::CounterBoard& board_;
  PolicySlot policy_;
  std::shared_ptr<const Policy> latest_policy_;  // for UDP sockets to come
  Scratch scratch_;
  TcpContext tcp_context_;
  base::Loop loop_;
  base::Async wake_;
  base::Async renew_;
  std::mutex lock_;  // guards tasks_
  std::vector<std::function<void()>> tasks_;
  base::Async tasks_wait_;
  std::vector<std::unique_ptr<UdpWorker>> udp_;
  std::vector<std::unique_ptr<TcpListener>> tcp_;
  std::unique_ptr<base::Timer> grace_;  // once retired
  std::function<void()> done_;          // likewise
  std::thread thread_;
};

}  // namespace data
