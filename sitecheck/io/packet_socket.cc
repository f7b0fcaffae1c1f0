#include "sitecheck/io/packet_socket.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "sitecheck/io/guard_message.h"

namespace sitecheck {

namespace {

base::Result<sockaddr_un> address_of(const std::filesystem::path& path) {
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof out.sun_path) return base::fail(text + ": longer than 107 bytes, no Unix socket's path");
  std::memcpy(out.sun_path, text.data(), text.size());
  return out;
}

base::Fd packet_socket() { return base::Fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)); }

auto failed(const std::filesystem::path& path) { return base::fail(path.string() + ": " + std::strerror(errno)); }

}  // namespace

PacketStream::PacketStream(base::Loop& loop, base::Fd fd, std::function<void(base::ByteView)> on_message,
                           std::function<void()> on_end)
    : fd_(std::move(fd)),
      on_message_(std::move(on_message)),
      on_end_(std::move(on_end)),
      alive_(std::make_shared<bool>(true)),
      poll_(loop, fd_.get(), [this](int, int) { drain(); }) {
  poll_.start(base::Poll::kReadable);
}

void PacketStream::drain() {
  const std::weak_ptr<bool> alive = alive_;
  std::array<std::uint8_t, kMaxGuardMessage> bytes;
  for (;;) {
    const ssize_t n = ::recv(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (n > 0) {
      on_message_(base::ByteView(bytes.data(), static_cast<std::size_t>(n)));
      if (alive.expired()) return;
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    poll_.stop();
    const auto call = on_end_;
    return call();
  }
}

bool PacketStream::send(base::ByteView bytes) {
  return ::send(fd_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT | MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

base::Result<base::Fd> connect_packets(const std::filesystem::path& path) {
  const auto address = address_of(path);
  if (!address) return base::fail(address.error().message);
  base::Fd fd = packet_socket();
  if (!fd || ::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return failed(path);
  }
  return fd;
}

base::Result<std::unique_ptr<PacketListener>> PacketListener::listen(base::Loop& loop,
                                                                     const std::filesystem::path& path,
                                                                     std::function<void(base::Fd)> on_connect) {
  const auto address = address_of(path);
  if (!address) return base::fail(address.error().message);
  if (connect_packets(path)) return base::fail(path.string() + ": a guard already answers here");
  struct stat before {};
  if (::lstat(path.c_str(), &before) == 0) {
    if (!S_ISSOCK(before.st_mode)) return base::fail(path.string() + ": exists and is no socket");
    ::unlink(path.c_str());
  }
  base::Fd fd = packet_socket();
  const mode_t mask = ::umask(0177);  // the socket file is born with mode 0600
  const int bound = fd ? ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) : -1;
  ::umask(mask);
  if (bound != 0 || ::listen(fd.get(), 8) != 0) return failed(path);
  return std::unique_ptr<PacketListener>(new PacketListener(loop, path, std::move(fd), std::move(on_connect)));
}

PacketListener::PacketListener(base::Loop& loop, std::filesystem::path path, base::Fd fd,
                               std::function<void(base::Fd)> on_connect)
    : path_(std::move(path)),
      fd_(std::move(fd)),
      on_connect_(std::move(on_connect)),
      poll_(loop, fd_.get(), [this](int, int) { drain(); }) {
  poll_.start(base::Poll::kReadable);
}

PacketListener::~PacketListener() { ::unlink(path_.c_str()); }

void PacketListener::drain() {
  for (;;) {
    base::Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    ucred caller{};
    socklen_t size = sizeof caller;
    if (::getsockopt(fd.get(), SOL_SOCKET, SO_PEERCRED, &caller, &size) != 0) continue;
    if (caller.uid != ::geteuid() && caller.uid != 0) continue;
    on_connect_(std::move(fd));
  }
}

}  // namespace sitecheck
