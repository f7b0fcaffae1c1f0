// TCP connect: ok when the handshake completes. Each look uses a fresh socket, closed at once.
// Never to be aimed at a MySQL port: a connect without handshake counts towards max_connect_errors there.
#pragma once

#include <memory>

#include "base/ip.h"
#include "base/uv.h"
#include "probes/probe.h"

namespace probes {

class TcpProbe final : public Probe {
 public:
  TcpProbe(base::Loop& loop, const base::SocketAddress& target, base::Duration timeout);
  ~TcpProbe() override;
  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
