#include "dnsd/data/udp_worker.h"

#include <csignal>

#include "base/scheduling.h"

namespace data {

namespace {

// Ends a wait in the kernel. The system sends it only for urgent data of sockets that asked for it, and ignores it by
// default, so a stray one does no harm.
constexpr int kWake = SIGURG;
constexpr auto kWakeAgain = std::chrono::milliseconds(10);

// A signal interrupts a system call only if it has a handler, one without SA_RESTART.
void take_wakes() {
  struct sigaction action {};
  action.sa_handler = [](int) {};
  sigemptyset(&action.sa_mask);
  sigaction(kWake, &action, nullptr);
}

}  // namespace

UdpWorker::UdpWorker(base::Fd fd, const base::SocketAddress& address, const Identity& identity,
                     snapshot::Publisher& publisher, snapshot::CounterBoard& board)
    : socket_(std::move(fd), address.ip.is_v6(), address.ip.is_unspecified(), identity, publisher.add_reader(),
              scratch_, board.add_worker()) {}

UdpWorker::~UdpWorker() { stop(); }

void UdpWorker::start() {
  take_wakes();
  // All other signals are for the control thread: the new thread inherits the mask.
  sigset_t others;
  sigset_t before;
  sigfillset(&others);
  sigdelset(&others, kWake);
  pthread_sigmask(SIG_SETMASK, &others, &before);
  thread_ = std::thread([this] { run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

void UdpWorker::run() {
  pthread_setname_np(pthread_self(), "dns-udp");
  base::run_in_short_slices();  // an answer takes microseconds: it need not wait for what else a core does
  while (!stopping_.load(std::memory_order_relaxed)) socket_.serve(policy_);
  policy_.take(scratch_.policy);
  socket_.drain();
  const std::lock_guard guard(lock_);
  ended_ = true;
  changed_.notify_one();
}

void UdpWorker::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true);
  std::unique_lock guard(lock_);
  do {
    // Lost if the thread has looked at stopping_ and is not yet in the kernel: then another one ends the wait.
    pthread_kill(thread_.native_handle(), kWake);
  } while (!changed_.wait_for(guard, kWakeAgain, [this] { return ended_; }));
  guard.unlock();
  thread_.join();
}

}  // namespace data
