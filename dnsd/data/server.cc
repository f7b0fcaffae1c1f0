#include "dnsd/data/server.h"

#include <sched.h>

#include <algorithm>

#include "dnsd/data/sockets.h"
#include "dnsd/data/worker.h"

namespace data {

namespace {

int cores() {
  cpu_set_t set;
  CPU_ZERO(&set);
  return sched_getaffinity(0, sizeof set, &set) == 0 ? std::max(1, CPU_COUNT(&set)) : 1;
}

// Smaller would break every EDNS client, larger invites fragments (RFC 6891 section 6.2.5).
constexpr std::uint16_t kMinPayload = wire::kMinUdpPayload;
constexpr std::uint16_t kMaxPayload = 4096;
constexpr std::size_t kMaxNsid = 128;  // octets; it must leave room for answers

// RFC 7828 section 3.1: units of 100 ms.
std::uint16_t keepalive(base::Duration idle) {
  constexpr std::int64_t kUnitMs = 100;
  return static_cast<std::uint16_t>(std::clamp<std::int64_t>(base::to_ms(idle) / kUnitMs, 1, 65535));
}

}  // namespace

class Server::Impl {
 public:
  explicit Impl(const ServerOptions& options)
      : identity_{options.id, options.version, options.nsid.substr(0, kMaxNsid),
                  std::clamp(options.udp_payload, kMinPayload, kMaxPayload), keepalive(options.tcp_idle_timeout)},
        limits_(options.tcp_max_connections, options.tcp_max_per_client) {}
  ~Impl() { stop(); }

  base::Result<void> bind(const ServerOptions& options, snapshot::Publisher& publisher, snapshot::CounterBoard& board) {
    const int workers = options.workers > 0 ? options.workers : cores();
    // A place for its TCP clients and one for each UDP socket.
    const std::size_t most = snapshot::Publisher::kMaxReaders / (1 + options.listen.size());
    if (static_cast<std::size_t>(workers) > most) {
      return base::fail(std::to_string(workers) + " workers: at most " + std::to_string(most) +
                        " are possible with this number of addresses");
    }
    for (int i = 0; i < workers; ++i) {
      workers_.push_back(std::make_unique<Worker>(identity_, options.tcp_idle_timeout, limits_, publisher, board));
    }
    for (const auto& wanted : options.listen) {
      const auto address = settle_address(wanted);
      if (!address) return tl::unexpected(address.error());
      addresses_.push_back(*address);
      for (auto& worker : workers_) {
        auto udp = open_udp(*address);
        if (!udp) return tl::unexpected(udp.error());
        worker->add_udp(std::move(*udp), *address);
        auto tcp = open_tcp(*address);
        if (!tcp) return tl::unexpected(tcp.error());
        worker->add_tcp(std::move(*tcp));
      }
    }
    return {};
  }

  void start() {
    for (auto& worker : workers_) worker->start();
  }
  void set_policy(const std::shared_ptr<const Policy>& policy) {
    for (auto& worker : workers_) worker->set_policy(policy);
  }
  void stop() {
    for (auto& worker : workers_) worker->stop();
    workers_.clear();
  }
  [[nodiscard]] const std::vector<base::SocketAddress>& addresses() const { return addresses_; }

 private:
  const Identity identity_;
  ClientLimits limits_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<base::SocketAddress> addresses_;
};

base::Result<std::unique_ptr<Server>> Server::bind(const ServerOptions& options, snapshot::Publisher& publisher,
                                                   snapshot::CounterBoard& board) {
  auto impl = std::make_unique<Impl>(options);
  if (auto bound = impl->bind(options, publisher, board); !bound) return tl::unexpected(bound.error());
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
const std::vector<base::SocketAddress>& Server::addresses() const { return impl_->addresses(); }
void Server::start() { impl_->start(); }
void Server::set_policy(std::shared_ptr<const Policy> policy) { impl_->set_policy(policy); }
void Server::stop() { impl_->stop(); }

}  // namespace data
