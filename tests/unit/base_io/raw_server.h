// A TCP listener that says what it is told, for answers that no proper server gives.
#pragma once

#include <sys/socket.h>

#include <memory>
#include <string>
#include <vector>

#include "base/fd.h"
#include "base/io/socket.h"
#include "base/uv.h"
#include "tests/unit/base_io/loop_util.h"

namespace io_test {

enum class Then { kClose, kReset, kStay };

class RawServer {
 public:
  // Sends `text` to whoever connects and has sent a first byte, then closes, resets or stays silent.
  RawServer(base::Loop& loop, std::string text, Then then)
      : loop_(loop), text_(std::move(text)), then_(then), fd_(*io::bind_socket(loopback(), SOCK_STREAM)) {
    poll_ = std::make_unique<base::Poll>(loop, fd_.get(), [this](int, int) { accept(); });
    poll_->start(base::Poll::kReadable);
  }
  [[nodiscard]] base::SocketAddress address() const { return *io::bound_address(fd_.get()); }
  [[nodiscard]] std::string url(const std::string& path = "/") const {
    return "http://127.0.0.1:" + std::to_string(address().port) + path;
  }
  [[nodiscard]] int accepted() const { return static_cast<int>(clients_.size()); }

 private:
  struct Client {
    base::Fd fd;
    std::unique_ptr<base::Poll> poll;
  };
  void accept() {
    base::Fd fd(::accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) return;
    auto client = std::make_unique<Client>();
    client->fd = std::move(fd);
    auto* raw = client.get();
    client->poll = std::make_unique<base::Poll>(loop_, raw->fd.get(), [this, raw](int, int) { serve(*raw); });
    client->poll->start(base::Poll::kReadable);
    clients_.push_back(std::move(client));
  }
  void serve(Client& client) {
    char drain[4096];
    (void)!::recv(client.fd.get(), drain, sizeof drain, 0);
    (void)!::send(client.fd.get(), text_.data(), text_.size(), MSG_NOSIGNAL);
    client.poll.reset();
    if (then_ == Then::kStay) return;
    const linger now{1, 0};
    if (then_ == Then::kReset) setsockopt(client.fd.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
    client.fd.reset();
  }

  base::Loop& loop_;
  std::string text_;
  Then then_;
  base::Fd fd_;
  std::unique_ptr<base::Poll> poll_;
  std::vector<std::unique_ptr<Client>> clients_;
};

}  // namespace io_test
