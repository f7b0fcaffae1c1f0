// Accepts TCP clients of one worker and address, keeps their connections, and closes the idle ones.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>

#include "base/fd.h"
#include "base/time.h"
#include "base/uv.h"
#include "dnsd/data/client_limits.h"
#include "dnsd/data/tcp_connection.h"

namespace data {

class TcpListener {
 public:
  // `fd`: listening and non-blocking. The references must outlive the listener.
  TcpListener(base::Loop& loop, base::Fd fd, base::Duration idle_timeout, ClientLimits& limits, TcpContext& context);
  // Closes every connection.
  ~TcpListener();
  TcpListener(const TcpListener&) = delete;
  TcpListener& operator=(const TcpListener&) = delete;

  void start();
  // Takes no client any more, and lets go of the socket. `on_empty` is called whenever the last connection has ended.
  void retire(std::function<void()> on_empty);
  [[nodiscard]] std::size_t connections() const { return connections_.size(); }

 private:
  using Connections = std::list<std::unique_ptr<TcpConnection>>;

  void accept_some();
  bool accept_one();
  // Out of descriptors or memory: stop accepting for a moment instead of spinning.
  void pause();
  bool make_room();
  void admit(base::Fd fd, const base::IpAddress& client);
  void close(TcpConnection* connection);
  void sweep();
  [[nodiscard]] bool hurried() const { return on_empty_ || limits_.crowded(); }
  // RFC 7828 section 3.3.2: a server under pressure tells clients a shorter time, one that ends the shortest.
  void tell_pressure();

  base::Loop& loop_;
  base::Fd fd_;
  ClientLimits& limits_;
  TcpContext& context_;
  Connections connections_;
  std::function<void()> on_empty_;  // once retired
  const base::Duration tick_;
  base::Timer idle_timer_;
  base::Timer resume_timer_;
  std::optional<base::Poll> poll_;  // nothing once retired
};

}  // namespace data
