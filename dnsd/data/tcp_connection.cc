#include "dnsd/data/tcp_connection.h"

#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace data {

namespace {

// Answers wait for their client up to here; then no further query of it is read.
constexpr std::size_t kEnough = 65536;

}  // namespace

TcpConnection::TcpConnection(base::Loop& loop, base::Fd fd, const base::IpAddress& client, TcpContext& context,
                             std::function<void(TcpConnection*)> on_close)
    : fd_(std::move(fd)),
      client_(client),
      context_(context),
      on_close_(std::move(on_close)),
      poll_(loop, fd_.get(), [this](int status, int events) { on_event(status, events); }) {
  arm();
}

void TcpConnection::on_event(int status, int events) {
  Fate fate = status < 0 ? Fate::kClose : Fate::kGoOn;
  if (fate == Fate::kGoOn && (events & base::Poll::kReadable) != 0) fate = receive();
  if (fate == Fate::kGoOn) fate = process();
  if (fate == Fate::kGoOn) fate = flush();
  answered_ = 0;
  if (fate == Fate::kClose) {
    poll_.stop();
    const auto on_close = std::move(on_close_);  // this object does not outlive the call
    on_close(this);
    return;
  }
  arm();
}

TcpConnection::Fate TcpConnection::receive() {
  auto& buffer = context_.read_buffer;
  const ssize_t n = recv(fd_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
  if (n < 0) return errno == EAGAIN || errno == EINTR ? Fate::kGoOn : Fate::kClose;
  if (n == 0) ended_ = true;
  in_.insert(in_.end(), buffer.begin(), buffer.begin() + n);
  return Fate::kGoOn;
}

std::size_t TcpConnection::answer(const snapshot::Snapshot* snapshot, base::ByteView packet) {
  auto& scratch = context_.scratch;
  Pending& pending = scratch.pending[0];
  read(snapshot, packet, pending);
  if (wants_time(pending, scratch)) scratch.now = read_moment();
  const Asker asker(client_.is_v6() ? Transport::kTcp6 : Transport::kTcp4, client_.bytes());
  return respond(context_.identity, snapshot, packet, asker, context_.answer_buffer, pending, scratch,
                 context_.counters);
}

TcpConnection::Fate TcpConnection::process() {
  std::size_t at = 0;
  Fate fate = Fate::kGoOn;
  const snapshot::Snapshot* snapshot = context_.reader.enter();
  while (in_.size() - at >= 2 && out_.size() - sent_ < kEnough && answered_ < kTurn) {
    const std::size_t length = static_cast<std::size_t>(in_[at]) << 8 | in_[at + 1];
    const bool hopeless = length < wire::kHeaderSize;  // no DNS message: what follows cannot be trusted either
    if (!hopeless && in_.size() - at - 2 < length) break;
    std::size_t size = 0;
    if (!hopeless) size = answer(snapshot, base::ByteView(in_).subspan(at + 2, length));
    if (size == 0) {
      context_.counters.add(snapshot::Counter::kTcpGarbageClosed);
      fate = Fate::kClose;
      break;
    }
    out_.push_back(static_cast<std::uint8_t>(size >> 8));
    out_.push_back(static_cast<std::uint8_t>(size));
    out_.insert(out_.end(), context_.answer_buffer.begin(),
                context_.answer_buffer.begin() + static_cast<std::ptrdiff_t>(size));
    at += 2 + length;
    idle_ticks_ = 0;
    asked_ = true;
    ++answered_;
  }
  context_.reader.leave();
  in_.erase(in_.begin(), in_.begin() + static_cast<std::ptrdiff_t>(at));
  if (fate == Fate::kClose) flush();  // answers to what was well asked before
  return fate;
}

TcpConnection::Fate TcpConnection::flush() {
  while (sent_ < out_.size()) {
    const ssize_t n = send(fd_.get(), out_.data() + sent_, out_.size() - sent_, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return errno == EAGAIN ? Fate::kGoOn : Fate::kClose;
    sent_ += static_cast<std::size_t>(n);
    idle_ticks_ = 0;
  }
  out_.clear();
  sent_ = 0;
  // A frame that waited for room in out_ is still to be answered; a part of one will never be whole.
  const bool whole = in_.size() >= 2 && in_.size() - 2 >= (static_cast<std::size_t>(in_[0]) << 8 | in_[1]);
  return ended_ && !whole ? Fate::kClose : Fate::kGoOn;
}

// Waits for room where answers or whole queries are pending, else for more queries.
void TcpConnection::arm() {
  const bool whole = in_.size() >= 2 && in_.size() - 2 >= (static_cast<std::size_t>(in_[0]) << 8 | in_[1]);
  poll_.start(whole || sent_ < out_.size() ? base::Poll::kWritable : base::Poll::kReadable);
}

}  // namespace data
