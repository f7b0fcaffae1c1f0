#include "dnsd/data/worker.h"

#include <csignal>

namespace data {

Worker::Worker(const Identity& identity, base::Duration tcp_idle_timeout, ClientLimits& limits,
               snapshot::Publisher& publisher, snapshot::CounterBoard& board)
    : identity_(identity),
      tcp_idle_timeout_(tcp_idle_timeout),
      limits_(limits),
      publisher_(publisher),
      board_(board),
      tcp_context_{
          .identity = identity_, .reader = publisher.add_reader(), .scratch = scratch_, .counters = board.add_worker()},
      wake_(loop_, [this] { loop_.stop(); }),
      renew_(loop_, [this] { policy_.take(scratch_.policy); }) {}

Worker::~Worker() { stop(); }

void Worker::add_udp(base::Fd fd, const base::SocketAddress& address) {
  udp_.push_back(std::make_unique<UdpWorker>(std::move(fd), address, identity_, publisher_, board_));
}

void Worker::add_tcp(base::Fd fd) {
  tcp_.push_back(std::make_unique<TcpListener>(loop_, std::move(fd), tcp_idle_timeout_, limits_, tcp_context_));
}

void Worker::set_policy(std::shared_ptr<const Policy> policy) {
  for (auto& udp : udp_) udp->set_policy(policy);
  policy_.set(std::move(policy));
  renew_.send();
}

void Worker::start() {
  for (auto& udp : udp_) udp->start();
  for (auto& listener : tcp_) listener->start();
  // Signals are for the control thread: the new thread inherits a mask that blocks all of them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  policy_.take(scratch_.policy);
  thread_ = std::thread([this] { loop_.run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  wake_.send();
  thread_.join();
  for (auto& udp : udp_) udp->stop();
  tcp_.clear();
  udp_.clear();
}

}  // namespace data
