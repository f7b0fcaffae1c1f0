// A look at a DNS server: one question by UDP from a fresh socket, so a random port, with a random id and letter case
// (RFC 5452). A truncated answer, or one in another letter case, is asked for again by TCP within the same timeout.
// Any answer but SERVFAIL and REFUSED is ok, NXDOMAIN too shows a server that knows its data, unless the check names
// the code, or records, that it wants.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ip.h"
#include "base/uv.h"
#include "probes/probe.h"

namespace probes {

struct DnsCheck {
  base::SocketAddress server;
  std::string name;  // conf::check_domain() found it good; another is kMisconfigured
  std::uint16_t type = 1;
  base::Duration timeout = base::seconds(1);
  std::optional<std::uint16_t> rcode{};  // the answer must carry this one
  std::vector<std::string> expect{};     // one of these must be among its records of `type`: see record_texts()
};

class DnsProbe final : public Probe {
 public:
  DnsProbe(base::Loop& loop, const DnsCheck& check);
  ~DnsProbe() override;
  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
