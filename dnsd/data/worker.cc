#include "dnsd/data/worker.h"

#include <csignal>

namespace data {

Worker::Worker(const Identity& identity, base::Duration tcp_idle_timeout, ClientLimits& limits,
               snapshot::Publisher& publisher, snapshot::CounterBoard& board)
    : identity_(identity),
      tcp_idle_timeout_(tcp_idle_timeout),
      limits_(limits),
      reader_(publisher.add_reader()),
      counters_(board.add_worker()),
      tcp_context_{.identity = identity_,
                   .reader = reader_,
                   .scratch = scratch_,
                   .counters = counters_,
                   .yield = [this] { serve_udp(); }},
      wake_(loop_, [this] { loop_.stop(); }),
      renew_(loop_, [this] { take_policy(); }) {}

Worker::~Worker() { stop(); }

void Worker::add_udp(base::Fd fd, const base::SocketAddress& address) {
  auto& socket = udp_.emplace_back(std::make_unique<UdpSocket>(
      std::move(fd), address.ip.is_v6(), address.ip.is_unspecified(), identity_, reader_, scratch_, counters_));
  udp_polls_.emplace_back(loop_, socket->fd(), [udp = socket.get()](int, int) { udp->serve(); });
}

void Worker::add_tcp(base::Fd fd) {
  tcp_.push_back(std::make_unique<TcpListener>(loop_, std::move(fd), tcp_idle_timeout_, limits_, tcp_context_));
}

void Worker::set_policy(std::shared_ptr<const Policy> policy) {
  {
    const std::lock_guard guard(lock_);
    next_policy_ = std::move(policy);
  }
  if (!thread_.joinable()) return take_policy();
  renew_.send();
}

void Worker::take_policy() {
  const std::lock_guard guard(lock_);
  if (next_policy_ != nullptr) scratch_.policy = std::move(next_policy_);
}

void Worker::start() {
  for (auto& poll : udp_polls_) poll.start(base::Poll::kReadable);
  for (auto& listener : tcp_) listener->start();
  // Signals are for the control thread: the new thread inherits a mask that blocks all of them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void Worker::run() {
  loop_.run();
  serve_udp();
}

void Worker::serve_udp() {
  for (auto& socket : udp_) socket->serve();
}

void Worker::stop() {
  if (!thread_.joinable()) return;
  wake_.send();
  thread_.join();
  tcp_.clear();
  udp_polls_.clear();
  udp_.clear();
}

}  // namespace data
