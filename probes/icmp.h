// An echo request ("ping"), IPv4 or IPv6. By an ICMP datagram socket, which needs no privilege where the group stands
// in net.ipv4.ping_group_range (it rules IPv6 too); else by a raw socket, which needs CAP_NET_RAW. Where the kernel
// forbids both, the look is kMisconfigured and its detail says what to set.
#pragma once

#include <memory>

#include "base/ip.h"
#include "base/uv.h"
#include "probes/probe.h"

namespace probes {

class IcmpProbe final : public Probe {
 public:
  IcmpProbe(base::Loop& loop, const base::IpAddress& target, base::Duration timeout);
  ~IcmpProbe() override;
  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
