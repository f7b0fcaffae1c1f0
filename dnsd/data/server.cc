#include "dnsd/data/server.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <optional>
#include <utility>

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

  base::Result<void> bind(const ServerOptions& options, snapshot::Publisher& publisher, snapshot::CounterBoard& board,
                          base::SocketBag& given) {
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
    absent_ = options.freebind ? Absent::kBind : Absent::kRefuse;
    std::vector<base::SocketAddress> own;
    for (const auto& wanted : options.listen) {
      const bool covered = given.covers(SOCK_DGRAM, wanted) && given.covers(SOCK_STREAM, wanted);
      (covered ? addresses_ : own).push_back(wanted);
    }
    for (const auto& wanted : own) {
      if (auto bound = bind_address(wanted, given); !bound) return bound;
    }
    if (!missing_.empty() && missing_.size() == addresses_.size()) {
      return base::fail("dns: this host has none of the listen addresses: " + missing_.front().to_string() +
                        (missing_.size() > 1 ? " and others" : "") + "; freebind: true binds them all the same");
    }
    return {};
  }

  base::Result<std::vector<base::SocketAddress>> bind_missing() {
    std::vector<base::SocketAddress> bound;
    std::optional<base::Error> fault;
    for (const auto& address : std::exchange(missing_, {})) {
      if (is_present(address.ip)) {
        const auto opened = open_all(address);
        if (opened) {
          bound.push_back(address);
          continue;
        }
        if (!fault) fault = opened.error();
      }
      missing_.push_back(address);
    }
    if (fault) return tl::unexpected(*std::move(fault));
    return bound;
  }

  [[nodiscard]] const std::vector<base::SocketAddress>& missing() const { return missing_; }
  [[nodiscard]] const std::vector<int>& sockets() const { return sockets_; }

  void retire(base::Duration grace, std::function<void()> done) {
    const auto left = std::make_shared<std::atomic<std::size_t>>(workers_.size());
    sockets_.clear();
    for (auto& worker : workers_) {
      worker->retire(grace, [left, done] {
        if (--*left == 0) done();
      });
    }
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
    sockets_.clear();
  }
  [[nodiscard]] const std::vector<base::SocketAddress>& addresses() const { return addresses_; }

 private:
  base::Result<void> bind_address(const base::SocketAddress& wanted, base::SocketBag& given) {
    auto udp = given.take(SOCK_DGRAM, wanted);
    auto tcp = given.take(SOCK_STREAM, wanted);
    base::SocketAddress address = wanted;
    if (udp.empty() && tcp.empty()) {
      if (absent_ == Absent::kRefuse && !is_present(wanted.ip)) {
        addresses_.push_back(wanted);
        missing_.push_back(wanted);
        return {};
      }
      const auto settled = settle_address(wanted, absent_);
      if (!settled) return tl::unexpected(settled.error());
      address = *settled;
    }
    addresses_.push_back(address);
    if (auto dealt = deal(std::move(udp), SOCK_DGRAM, address); !dealt) return dealt;
    return deal(std::move(tcp), SOCK_STREAM, address);
  }

  base::Result<void> open_all(const base::SocketAddress& address) {
    const auto free = settle_address(address, absent_);
    if (!free) return tl::unexpected(free.error());
    if (auto dealt = deal({}, SOCK_DGRAM, address); !dealt) return dealt;
    return deal({}, SOCK_STREAM, address);
  }

  // Gives each worker a socket of `given`, or one of its own beside them. Where another may not be bound (the service
  // manager's user is another, or its socket is not of the kind that several share), workers share one of them.
  base::Result<void> deal(std::vector<base::Fd> given, int type, const base::SocketAddress& address) {
    const auto open = type == SOCK_DGRAM ? open_udp : open_tcp;
    for (const auto& fd : given) {
      auto ready = type == SOCK_DGRAM ? prepare_udp(fd, address) : prepare_tcp(fd, address);
      if (!ready) return ready;
    }
    const std::size_t inherited = given.size();
    for (std::size_t i = inherited; i < workers_.size(); ++i) {
      auto fd = open(address, absent_);
      if (!fd && inherited == 0) return tl::unexpected(fd.error());
      if (!fd) fd = base::Fd(::fcntl(given[i % inherited].get(), F_DUPFD_CLOEXEC, 0));
      if (!*fd) return base::fail("dns " + address.to_string() + ": out of descriptors");
      given.push_back(*std::move(fd));
    }
    for (std::size_t i = 0; i < given.size(); ++i) {
      Worker& worker = *workers_[i % workers_.size()];
      sockets_.push_back(given[i].get());
      if (type == SOCK_DGRAM) {
        worker.add_udp(std::move(given[i]), address);
      } else {
        worker.add_tcp(std::move(given[i]));
      }
    }
    return {};
  }

  const Identity identity_;
  ClientLimits limits_;
  std::vector<std::unique_ptr<Worker>> workers_;
  std::vector<base::SocketAddress> addresses_;
  std::vector<base::SocketAddress> missing_;  // of addresses_
  std::vector<int> sockets_;                  // the workers own them
  Absent absent_ = Absent::kBind;
};

base::Result<std::unique_ptr<Server>> Server::bind(const ServerOptions& options, snapshot::Publisher& publisher,
                                                   snapshot::CounterBoard& board, base::SocketBag* given) {
  auto impl = std::make_unique<Impl>(options);
  base::SocketBag none;
  if (auto bound = impl->bind(options, publisher, board, given == nullptr ? none : *given); !bound) {
    return tl::unexpected(bound.error());
  }
  return std::unique_ptr<Server>(new Server(std::move(impl)));
}

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Server::~Server() = default;
const std::vector<base::SocketAddress>& Server::addresses() const { return impl_->addresses(); }
const std::vector<base::SocketAddress>& Server::missing() const { return impl_->missing(); }
base::Result<std::vector<base::SocketAddress>> Server::bind_missing() { return impl_->bind_missing(); }
std::vector<int> Server::sockets() const { return impl_->sockets(); }
void Server::start() { impl_->start(); }
void Server::set_policy(std::shared_ptr<const Policy> policy) { impl_->set_policy(policy); }
void Server::retire(base::Duration grace, std::function<void()> done) { impl_->retire(grace, std::move(done)); }
void Server::stop() { impl_->stop(); }

}  // namespace data
