#include "probes/icmp.h"

#include <netinet/in.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"
#include "base/io/deadline.h"
#include "probes/icmp_message.h"
#include "probes/socket_outcome.h"

namespace probes {

namespace {

// A raw socket sees every ICMP message of the host: not all of a flood at one wake-up.
constexpr int kMostMessages = 32;

constexpr const char* kForbidden =
    "the kernel lets this process send no echo requests: take its group into net.ipv4.ping_group_range "
    "(sysctl -w net.ipv4.ping_group_range=\"0 2147483647\" takes all), or give it CAP_NET_RAW";

}  // namespace

struct IcmpProbe::Impl {
  base::Loop& loop;
  base::IpAddress target;
  base::Duration timeout;
  io::Deadline timer;
  base::Fd fd;  // outlives `poll`
  std::unique_ptr<base::Poll> poll;
  bool raw = false;
  Echo echo;
  base::Instant begun;
  Outcome failed_at_once = Outcome::kOk;  // before anything was sent; told by the timer
  std::string why;
  std::function<void(const Observation&)> on_done;

  Impl(base::Loop& on, const base::IpAddress& to, base::Duration limit)
      : loop(on), target(to), timeout(limit), timer(on, [this] { time_out(); }) {}

  void cancel();
  void begin();
  bool open();
  void fail_at_once(Outcome outcome, std::string text);
  void read();
  void time_out();
  void finish(Outcome outcome, const std::string& text);
};

void IcmpProbe::Impl::cancel() {
  timer.stop();
  poll.reset();
  fd.reset();
  on_done = nullptr;
}

void IcmpProbe::Impl::fail_at_once(Outcome outcome, std::string text) {
  failed_at_once = outcome;
  why = std::move(text);
  timer.start(base::Duration::zero());
}

bool IcmpProbe::Impl::open() {
  const int family = echo.v6 ? AF_INET6 : AF_INET;
  const int protocol = echo.v6 ? static_cast<int>(IPPROTO_ICMPV6) : static_cast<int>(IPPROTO_ICMP);
  raw = false;
  fd.reset(::socket(family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  if (!fd && (errno == EACCES || errno == EPERM)) {
    raw = true;
    fd.reset(::socket(family, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol));
  }
  if (fd) return true;
  if (errno == EACCES || errno == EPERM) {
    fail_at_once(Outcome::kMisconfigured, kForbidden);
  } else {
    fail_at_once(outcome_of_errno(errno), std::strerror(errno));
  }
  return false;
}

void IcmpProbe::Impl::begin() {
  begun = base::read_boot_clock();
  failed_at_once = Outcome::kOk;
  echo = {target.is_v6(), 0, 1, 0};
  std::array<std::uint64_t, 2> secret{};
  if (::getrandom(secret.data(), sizeof secret, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof secret)) {
    return fail_at_once(Outcome::kMisconfigured, "the kernel gives no random numbers");
  }
  echo.id = static_cast<std::uint16_t>(secret[0]);
  echo.nonce = secret[1];
  if (!open()) return;
  sockaddr_storage where{};
  const socklen_t length = base::SocketAddress{target, 0}.to_sockaddr(where);
  const auto message = write_echo(echo);
  // Connected: only what comes from the target is handed over, and "unreachable" of a router becomes an error here.
  const int on = 1;
  (void)::setsockopt(fd.get(), echo.v6 ? IPPROTO_IPV6 : IPPROTO_IP, echo.v6 ? IPV6_RECVERR : IP_RECVERR, &on,
                     sizeof on);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), length) != 0 ||
      ::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    return fail_at_once(outcome_of_errno(errno), std::strerror(errno));
  }
  timer.start(timeout);
  poll = std::make_unique<base::Poll>(loop, fd.get(), [this](int, int) { read(); });
  poll->start(base::Poll::kReadable);
}

void IcmpProbe::Impl::read() {
  std::array<std::uint8_t, 2048> buffer;
  for (int i = 0; i < kMostMessages; ++i) {
    const auto size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      return finish(outcome_of_errno(errno), std::strerror(errno));
    }
    if (is_reply({buffer.data(), static_cast<std::size_t>(size)}, echo, raw && !echo.v6, !raw)) {
      return finish(Outcome::kOk, "");
    }
  }
}

void IcmpProbe::Impl::time_out() {
  if (failed_at_once != Outcome::kOk) return finish(failed_at_once, why);
  finish(Outcome::kTimeout, "no echo reply within " + base::format_duration(timeout));
}

void IcmpProbe::Impl::finish(Outcome outcome, const std::string& text) {
  Observation seen;
  seen.outcome = outcome;
  seen.sent_at = begun;
  seen.latency = base::read_boot_clock() - begun;
  if (!text.empty()) seen.detail = target.to_string() + ": " + text;
  const auto call = std::move(on_done);
  cancel();
  call(seen);  // may destroy this
}

IcmpProbe::IcmpProbe(base::Loop& loop, const base::IpAddress& target, base::Duration timeout)
    : impl_(std::make_unique<Impl>(loop, target, timeout)) {}
IcmpProbe::~IcmpProbe() = default;

void IcmpProbe::start(std::function<void(const Observation&)> on_done) {
  impl_->cancel();
  impl_->on_done = std::move(on_done);
  impl_->begin();
}

void IcmpProbe::cancel() { impl_->cancel(); }

}  // namespace probes
