// A thread that serves one UDP socket and nothing else.
//
// It sleeps in recvmmsg(2) itself: a loop that first waits for the socket and then reads it would cost a third system
// call per batch, and batches are short as long as the machine keeps up.
#pragma once

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "base/ip.h"
#include "dnsd/data/policy_slot.h"
#include "dnsd/data/udp_socket.h"

namespace data {

class UdpWorker {
 public:
  // `fd`: bound to `address`. The references must outlive the worker.
  UdpWorker(base::Fd fd, const base::SocketAddress& address, const Identity& identity, snapshot::Publisher& publisher,
            snapshot::CounterBoard& board);
  // Stops first, if need be.
  ~UdpWorker();
  UdpWorker(const UdpWorker&) = delete;
  UdpWorker& operator=(const UdpWorker&) = delete;

  // Any thread.
  void set_policy(std::shared_ptr<const Policy> policy) { policy_.set(std::move(policy)); }

  void start();
  // Answers what the socket holds, then ends the thread and joins it. By the thread that called start().
  void stop();

 private:
  void run();

  PolicySlot policy_;
  Scratch scratch_;
  UdpSocket socket_;
  std::atomic<bool> stopping_{false};
  std::mutex lock_;  // guards ended_
  std::condition_variable changed_;
  bool ended_ = false;
  std::thread thread_;
};

}  // namespace data
