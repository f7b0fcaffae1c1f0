#include "base/io/udp.h"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <utility>

#include "base/fd.h"
#include "base/io/socket.h"

namespace io {

namespace {

constexpr int kMostPerWakeup = 4096;
constexpr std::size_t kLargestDatagram = 2048;

}  // namespace

struct UdpSocket::Impl {
  base::Fd fd;  // outlives `poll`
  base::SocketAddress address;
  OnDatagram on_datagram;
  std::unique_ptr<base::Poll> poll;
  bool* gone = nullptr;  // of a receive() under way: set when its callback destroys this object

  ~Impl() {
    if (gone != nullptr) *gone = true;
  }

  void receive() {
    bool destroyed = false;
    gone = &destroyed;
    // A copy: the callback may destroy this object, and with it the function that runs.
    const OnDatagram call = on_datagram;
    std::array<std::uint8_t, kLargestDatagram> buffer{};
    for (int i = 0; i < kMostPerWakeup; ++i) {
      sockaddr_storage from{};
      socklen_t length = sizeof from;
      const ssize_t n =
          ::recvfrom(fd.get(), buffer.data(), buffer.size(), MSG_TRUNC, reinterpret_cast<sockaddr*>(&from), &length);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) break;
      const auto size = static_cast<std::size_t>(n);
      if (size > buffer.size()) continue;  // MSG_TRUNC: its real size, so it was cut
      call(base::ByteView(buffer).first(size), base::SocketAddress::from_sockaddr(from));
      if (destroyed) return;
    }
    gone = nullptr;
  }
};

UdpSocket::UdpSocket(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
UdpSocket::~UdpSocket() = default;

base::Result<std::unique_ptr<UdpSocket>> UdpSocket::bind(base::Loop& loop, const base::SocketAddress& address,
                                                         OnDatagram on_datagram, base::SocketBag* given) {
  auto fd = bind_socket(address, SOCK_DGRAM, given);
  if (!fd) return tl::unexpected(fd.error());
  auto bound = bound_address(fd->get());
  if (!bound) return tl::unexpected(bound.error());
  // Room for a burst while the loop is busy. Best effort: the kernel may give less.
  const int room = 1 << 20;
  (void)::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
  auto impl = std::make_unique<Impl>();
  impl->fd = std::move(*fd);
  impl->address = *bound;
  impl->on_datagram = std::move(on_datagram);
  impl->poll = std::make_unique<base::Poll>(loop, impl->fd.get(), [raw = impl.get()](int, int) { raw->receive(); });
  impl->poll->start(base::Poll::kReadable);
  return std::unique_ptr<UdpSocket>(new UdpSocket(std::move(impl)));
}

const base::SocketAddress& UdpSocket::address() const { return impl_->address; }

void UdpSocket::pause() { impl_->poll->stop(); }
void UdpSocket::resume() { impl_->poll->start(base::Poll::kReadable); }
int UdpSocket::descriptor() const { return impl_->fd.get(); }

void UdpSocket::drain() { impl_->receive(); }

SendOutcome UdpSocket::send(const base::SocketAddress& to, base::ByteView bytes) {
  sockaddr_storage where{};
  const socklen_t length = to.to_sockaddr(where);
  for (;;) {
    const ssize_t n = ::sendto(impl_->fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL,
                               reinterpret_cast<const sockaddr*>(&where), length);
    if (n >= 0) return SendOutcome::kSent;
    if (errno == EINTR) continue;
    return errno == EAGAIN || errno == ENOBUFS ? SendOutcome::kFull : SendOutcome::kFailed;
  }
}

}  // namespace io
