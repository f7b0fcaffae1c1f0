#include "probes/tcp.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"
#include "base/io/deadline.h"
#include "probes/socket_outcome.h"

namespace probes {

struct TcpProbe::Impl {
  base::Loop& loop;
  base::SocketAddress target;
  base::Duration timeout;
  io::Deadline timer;
  base::Fd fd;  // outlives `poll`
  std::unique_ptr<base::Poll> poll;
  base::Instant begun;
  int failed_at_once = 0;  // errno of a connect(2) that did not begin; told by the timer
  std::function<void(const Observation&)> on_done;

  Impl(base::Loop& on, const base::SocketAddress& to, base::Duration limit)
      : loop(on), target(to), timeout(limit), timer(on, [this] { time_out(); }) {}

  void cancel() {
    timer.stop();
    poll.reset();
    fd.reset();
    on_done = nullptr;
  }
  void begin();
  void connected();
  void time_out();
  void finish(Outcome outcome, std::string why);
};

void TcpProbe::Impl::begin() {
  begun = base::read_boot_clock();
  failed_at_once = 0;
  sockaddr_storage where{};
  const socklen_t length = target.to_sockaddr(where);
  fd.reset(::socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), length) != 0 && errno != EINPROGRESS)) {
    failed_at_once = errno;
    timer.start(base::Duration::zero());
    return;
  }
  // A handshake that is already complete makes the socket writable too: one way for both.
  timer.start(timeout);
  poll = std::make_unique<base::Poll>(loop, fd.get(), [this](int, int) { connected(); });
  poll->start(base::Poll::kWritable);
}

void TcpProbe::Impl::connected() {
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &number, &size) != 0) number = errno;
  finish(outcome_of_errno(number), number == 0 ? "" : std::strerror(number));
}

void TcpProbe::Impl::time_out() {
  if (failed_at_once != 0) return finish(outcome_of_errno(failed_at_once), std::strerror(failed_at_once));
  finish(Outcome::kTimeout, "no connection within " + base::format_duration(timeout));
}

void TcpProbe::Impl::finish(Outcome outcome, std::string why) {
  Observation out;
  out.outcome = outcome;
  out.sent_at = begun;
  out.latency = base::read_boot_clock() - begun;
  if (!why.empty()) out.detail = target.to_string() + ": " + why;
  const auto call = std::move(on_done);
  cancel();
  call(out);  // may destroy this
}

TcpProbe::TcpProbe(base::Loop& loop, const base::SocketAddress& target, base::Duration timeout)
    : impl_(std::make_unique<Impl>(loop, target, timeout)) {}
TcpProbe::~TcpProbe() = default;

void TcpProbe::start(std::function<void(const Observation&)> on_done) {
  impl_->cancel();
  impl_->on_done = std::move(on_done);
  impl_->begin();
}

void TcpProbe::cancel() { impl_->cancel(); }

}  // namespace probes
