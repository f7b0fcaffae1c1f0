// A client of a stream over HTTP, which is slow, or vanishes, if a test wants it.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/ip.h"
#include "base/uv.h"
#include "tests/unit/base_io/loop_util.h"

namespace io_test {

inline constexpr std::string_view kGet = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// A client that reads when it is told to.
class StreamClient {
 public:
  StreamClient(base::Loop& loop, const base::SocketAddress& to, std::string_view request = kGet)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)), poll_(loop, fd_.get(), [this](int, int) { read(); }) {
    sockaddr_storage where{};
    const auto length = to.to_sockaddr(where);
    const int small = 4096;  // so that what it does not read does not lie in the kernel
    setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
    // The connect of a non-blocking socket to a loopback listener is over at once, or as good as.
    (void)!::connect(fd_.get(), reinterpret_cast<sockaddr*>(&where), length);
    bool sent = false;
    run_until(loop, [&] {
      if (!sent) sent = ::send(fd_.get(), request.data(), request.size(), MSG_NOSIGNAL) > 0;
      return sent;
    });
  }
  // What the kernel does not take is lost.
  void send(std::string_view text) { (void)!::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT); }
  void listen() { poll_.start(base::Poll::kReadable); }
  void vanish() {
    poll_.stop();
    const linger now{1, 0};  // a reset, as of a machine that was switched off and on
    setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    fd_.reset();
  }
  [[nodiscard]] bool got(std::string_view text) const { return text_.find(text) != std::string::npos; }
  [[nodiscard]] bool closed() const { return closed_; }
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void read() {
    std::array<char, 65536> part{};
    const auto n = ::recv(fd_.get(), part.data(), part.size(), MSG_DONTWAIT);
    if (n > 0) text_.append(part.data(), static_cast<std::size_t>(n));
    closed_ = n == 0 || (n < 0 && errno != EAGAIN);
    if (closed_) poll_.stop();
  }
  base::Fd fd_;
  base::Poll poll_;
  std::string text_;
  bool closed_ = false;
};

}  // namespace io_test
