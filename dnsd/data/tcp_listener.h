// Accepts TCP clients of one worker and address, keeps their connections, and closes the idle ones.
#pragma once

#include <list>
#include <memory>

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

  base::Loop& loop_;
  base::Fd fd_;
  ClientLimits& limits_;
  TcpContext& context_;
  Connections connections_;
  const base::Duration tick_;
  base::Timer idle_timer_;
  base::Timer resume_timer_;
  base::Poll poll_;
};

}  // namespace data
