#include "dnsd/data/tcp_listener.h"

#include <sys/socket.h>

#include <algorithm>
#include <cerrno>

namespace data {

namespace {

constexpr int kAcceptsPerWake = 16;
constexpr int kTicks = 8;  // a connection is closed after this many idle ticks
constexpr int kHurriedTicks = 2;
constexpr base::Duration kPause = base::milliseconds(100);

}  // namespace

TcpListener::TcpListener(base::Loop& loop, base::Fd fd, base::Duration idle_timeout, ClientLimits& limits,
                         TcpContext& context)
    : loop_(loop),
      fd_(std::move(fd)),
      limits_(limits),
      context_(context),
      tick_(std::max<base::Duration>(base::milliseconds(1), idle_timeout / kTicks)),
      idle_timer_(loop, [this] { sweep(); }),
      resume_timer_(loop, [this] { start(); }),
      poll_(std::in_place, loop, fd_.get(), [this](int, int) { accept_some(); }) {}

TcpListener::~TcpListener() {
  for (const auto& connection : connections_) limits_.leave(connection->client());
}

void TcpListener::start() {
  if (poll_) poll_->start(base::Poll::kReadable);
}

void TcpListener::retire(std::function<void()> on_empty) {
  on_empty_ = std::move(on_empty);
  tell_pressure();
  poll_.reset();
  fd_.reset();
}

void TcpListener::accept_some() {
  for (int i = 0; i < kAcceptsPerWake && accept_one(); ++i) {
  }
}

bool TcpListener::accept_one() {
  sockaddr_storage from{};
  socklen_t size = sizeof from;
  base::Fd fd(accept4(fd_.get(), reinterpret_cast<sockaddr*>(&from), &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!fd) {
    if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) pause();
    return errno == ECONNABORTED || errno == EINTR;
  }
  const auto client = base::SocketAddress::from_sockaddr(from).ip.unmapped();
  auto verdict = limits_.enter(client);
  if (verdict == ClientLimits::Verdict::kTotal && make_room()) verdict = limits_.enter(client);
  switch (verdict) {
    case ClientLimits::Verdict::kAdmitted: admit(std::move(fd), client); break;
    case ClientLimits::Verdict::kTotal: context_.counters.add(snapshot::Counter::kTcpRefusedTotal); break;
    case ClientLimits::Verdict::kClient: context_.counters.add(snapshot::Counter::kTcpRefusedClient); break;
  }
  return true;
}

void TcpListener::pause() {
  poll_->stop();
  resume_timer_.start(kPause);
}

// When every place is taken, the connection that has idled longest gives way (RFC 7766 section 6.1). Where none has
// idled for a tick yet, the oldest of those that have asked nothing whole: a crowd that takes all places at once keeps
// nobody out, and who asks has as many newcomers' time for it as there are places.
bool TcpListener::make_room() {
  auto idlest = std::max_element(connections_.begin(), connections_.end(),
                                 [](const auto& a, const auto& b) { return a->idle_ticks() < b->idle_ticks(); });
  if (idlest == connections_.end()) return false;
  if ((*idlest)->idle_ticks() == 0) {
    idlest =
        std::find_if(connections_.begin(), connections_.end(), [](const auto& each) { return !each->has_asked(); });
    if (idlest == connections_.end()) return false;
  }
  context_.counters.add(snapshot::Counter::kTcpIdleClosed);
  close(idlest->get());
  return true;
}

void TcpListener::admit(base::Fd fd, const base::IpAddress& client) {
  context_.counters.add(snapshot::Counter::kTcpAccepted);
  tell_pressure();
  if (connections_.empty()) idle_timer_.start(tick_, tick_);
  connections_.push_back(std::make_unique<TcpConnection>(loop_, std::move(fd), client, context_,
                                                         [this](TcpConnection* over) { close(over); }));
}

void TcpListener::tell_pressure() {
  constexpr std::uint16_t kAtOnce = 1;  // 100 ms; 0 would be no option
  constexpr std::uint16_t kAny = 0xffff;
  const auto shorter = static_cast<std::uint16_t>(context_.identity.tcp_keepalive * kHurriedTicks / kTicks);
  context_.scratch.tcp_keepalive_most = on_empty_ ? kAtOnce : limits_.crowded() ? std::max(kAtOnce, shorter) : kAny;
}

void TcpListener::close(TcpConnection* connection) {
  const auto at = std::find_if(connections_.begin(), connections_.end(),
                               [connection](const auto& one) { return one.get() == connection; });
  if (at == connections_.end()) return;
  context_.counters.add(snapshot::Counter::kTcpClosed);
  limits_.leave(connection->client());
  connections_.erase(at);
  if (!connections_.empty()) return;
  idle_timer_.stop();
  if (on_empty_) on_empty_();
}

void TcpListener::sweep() {
  tell_pressure();
  const int most = hurried() ? kHurriedTicks : kTicks;
  for (auto at = connections_.begin(); at != connections_.end();) {
    TcpConnection* connection = at++->get();
    if (connection->tick() < most) continue;
    context_.counters.add(snapshot::Counter::kTcpIdleClosed);
    close(connection);
  }
}

}  // namespace data
