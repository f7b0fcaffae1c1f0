// TCP connect: ok when the handshake completes, or, where a text to receive is given, when that text has come. Each
// look uses a fresh socket, closed at once after it. Never to be aimed at a MySQL port: a connect without handshake
// counts towards max_connect_errors there.
#pragma once

#include <memory>
#include <string>

#include "base/ip.h"
#include "base/uv.h"
#include "probes/probe.h"

namespace probes {

struct TcpCheck {
  base::SocketAddress target;
  base::Duration timeout = base::seconds(1);  // from the connect to the end
  std::string send;                           // sent once connected; empty: nothing
  std::string receive;                        // must stand in what comes; empty: a connection is enough
  std::size_t max_received = std::size_t{64} << 10;
};

class TcpProbe final : public Probe {
 public:
  TcpProbe(base::Loop& loop, TcpCheck check);
  TcpProbe(base::Loop& loop, const base::SocketAddress& target, base::Duration timeout);
  ~TcpProbe() override;
  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
