#include "dnsd/data/worker.h"

#include <algorithm>
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
      renew_(loop_, [this] { policy_.take(scratch_.policy); }),
      tasks_wait_(loop_, [this] { run_tasks(); }) {}

Worker::~Worker() { stop(); }

void Worker::add_udp(base::Fd fd, const base::SocketAddress& address) {
  udp_.push_back(std::make_unique<UdpWorker>(std::move(fd), address, identity_, publisher_, board_));
  if (!thread_.joinable()) return;
  udp_.back()->set_policy(latest_policy_);
  udp_.back()->start();
}

void Worker::add_tcp(base::Fd fd) {
  post([this, shared = std::make_shared<base::Fd>(std::move(fd))] {
    tcp_.push_back(std::make_unique<TcpListener>(loop_, std::move(*shared), tcp_idle_timeout_, limits_, tcp_context_));
    tcp_.back()->start();
  });
}

void Worker::post(std::function<void()> task) {
  if (!thread_.joinable()) return task();
  {
    const std::lock_guard guard(lock_);
    tasks_.push_back(std::move(task));
  }
  tasks_wait_.send();
}

void Worker::run_tasks() {
  std::vector<std::function<void()>> now;
  {
    const std::lock_guard guard(lock_);
    now.swap(tasks_);
  }
  for (const auto& task : now) task();
}

// The UDP threads answer what the sockets hold as they end: so does the other process, each datagram once.
void Worker::retire(base::Duration grace, std::function<void()> done) {
  for (auto& udp : udp_) udp->stop();
  udp_.clear();
  post([this, grace, done = std::move(done)] {
    done_ = done;
    begin_to_end(grace);
  });
}

void Worker::begin_to_end(base::Duration grace) {
  for (auto& listener : tcp_) listener->retire([this] { end_if_drained(); });
  grace_ = std::make_unique<base::Timer>(loop_, [this] { loop_.stop(); });
  grace_->start(grace);
  end_if_drained();
}

void Worker::end_if_drained() {
  const bool busy = std::any_of(tcp_.begin(), tcp_.end(), [](const auto& each) { return each->connections() > 0; });
  if (!busy) loop_.stop();
}

void Worker::set_policy(std::shared_ptr<const Policy> policy) {
  latest_policy_ = policy;
  for (auto& udp : udp_) udp->set_policy(policy);
  policy_.set(std::move(policy));
  renew_.send();
}

void Worker::start() {
  for (auto& udp : udp_) udp->start();
  // Signals are for the control thread: the new thread inherits a mask that blocks all of them.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  policy_.take(scratch_.policy);
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), "dns-tcp");
    loop_.run();
    if (done_) done_();
  });
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
