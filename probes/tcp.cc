#include "probes/tcp.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"
#include "base/io/deadline.h"
#include "probes/socket_outcome.h"

namespace probes {

struct TcpProbe::Impl {
  base::Loop& loop;
  TcpCheck check;
  io::Deadline timer;
  base::Fd fd;  // outlives `poll`
  std::unique_ptr<base::Poll> poll;
  base::Instant begun;
  bool established = false;
  std::size_t sent = 0;
  std::string in;
  int failed_at_once = 0;  // errno of a connect(2) that did not begin; told by the timer
  std::function<void(const Observation&)> on_done;

  Impl(base::Loop& on, TcpCheck what) : loop(on), check(std::move(what)), timer(on, [this] { time_out(); }) {}

  void cancel() {
    timer.stop();
    poll.reset();
    fd.reset();
    on_done = nullptr;
  }
  void begin();
  void ready();
  void connected();
  void write();
  void read();
  void time_out();
  void finish(Outcome outcome, std::string why);
};

void TcpProbe::Impl::begin() {
  begun = base::read_boot_clock();
  failed_at_once = 0;
  established = false;
  sent = 0;
  in.clear();
  sockaddr_storage where{};
  const socklen_t length = check.target.to_sockaddr(where);
  fd.reset(::socket(where.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd || (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), length) != 0 && errno != EINPROGRESS)) {
    failed_at_once = errno;
    timer.start(base::Duration::zero());
    return;
  }
  // A handshake that is already complete makes the socket writable too: one way for both.
  timer.start(check.timeout);
  poll = std::make_unique<base::Poll>(loop, fd.get(), [this](int, int) { ready(); });
  poll->start(base::Poll::kWritable);
}

void TcpProbe::Impl::ready() {
  if (!established) return connected();
  if (sent < check.send.size()) return write();
  read();
}

void TcpProbe::Impl::connected() {
  int number = 0;
  socklen_t size = sizeof number;
  if (::getsockopt(fd.get(), SOL_SOCKET, SO_ERROR, &number, &size) != 0) number = errno;
  if (number != 0) return finish(outcome_of_errno(number), std::strerror(number));
  established = true;
  if (!check.send.empty()) return write();
  if (check.receive.empty()) return finish(Outcome::kOk, "");
  poll->start(base::Poll::kReadable);
}

void TcpProbe::Impl::write() {
  const auto size = ::send(fd.get(), check.send.data() + sent, check.send.size() - sent, MSG_NOSIGNAL);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return finish(outcome_of_errno(errno), std::strerror(errno));
  }
  sent += static_cast<std::size_t>(size);
  if (sent < check.send.size()) return;
  if (check.receive.empty()) return finish(Outcome::kOk, "");
  poll->start(base::Poll::kReadable);
}

void TcpProbe::Impl::read() {
  std::array<char, 4096> buffer;
  const auto size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return finish(outcome_of_errno(errno), std::strerror(errno));
  }
  if (size == 0) {
    const auto what = in.empty() ? "closed without a word" : "closed, and what it sent lacks the text to receive";
    return finish(in.empty() ? Outcome::kReset : Outcome::kMismatch, what);
  }
  // The text may begin in what came before.
  const auto from = in.size() - std::min(in.size(), check.receive.size() - 1);
  in.append(buffer.data(), static_cast<std::size_t>(size));
  if (in.find(check.receive, from) != std::string::npos) return finish(Outcome::kOk, "");
  if (in.size() >= check.max_received) {
    finish(Outcome::kMismatch, "the text to receive is not among its first " + std::to_string(in.size()) + " bytes");
  }
}

void TcpProbe::Impl::time_out() {
  if (failed_at_once != 0) return finish(outcome_of_errno(failed_at_once), std::strerror(failed_at_once));
  const auto within = " within " + base::format_duration(check.timeout);
  if (!established) return finish(Outcome::kTimeout, "no connection" + within);
  if (in.empty()) return finish(Outcome::kTimeout, "connects, but sent nothing" + within);
  finish(Outcome::kTimeout, "connects, but the text to receive did not come" + within);
}

void TcpProbe::Impl::finish(Outcome outcome, std::string why) {
  Observation out;
  out.outcome = outcome;
  out.sent_at = begun;
  out.latency = base::read_boot_clock() - begun;
  if (!why.empty()) out.detail = check.target.to_string() + ": " + why;
  const auto call = std::move(on_done);
  cancel();
  call(out);  // may destroy this
}

TcpProbe::TcpProbe(base::Loop& loop, TcpCheck check) : impl_(std::make_unique<Impl>(loop, std::move(check))) {}
TcpProbe::TcpProbe(base::Loop& loop, const base::SocketAddress& target, base::Duration timeout)
    : TcpProbe(loop, TcpCheck{.target = target, .timeout = timeout, .send = {}, .receive = {}}) {}
TcpProbe::~TcpProbe() = default;

void TcpProbe::start(std::function<void(const Observation&)> on_done) {
  impl_->cancel();
  impl_->on_done = std::move(on_done);
  impl_->begin();
}

void TcpProbe::cancel() { impl_->cancel(); }

}  // namespace probes
