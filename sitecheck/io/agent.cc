#include "sitecheck/io/agent.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <map>
#include <utility>

#include "base/fd.h"
#include "base/io/deadline.h"
#include "base/io/socket.h"

namespace sitecheck {

namespace {

constexpr std::size_t kMostClients = 256;
constexpr std::size_t kMostLine = 512;
constexpr int kMostAccepts = 64;  // at a time
constexpr base::Duration kRest = base::milliseconds(100);
// For a client to say what it asks for, and afterwards to close.
constexpr base::Duration kPatience = base::seconds(1);

}  // namespace

struct AgentServer::Impl {
  struct Client {
    base::Fd fd;
    std::string line;
    bool answered = false;
    std::unique_ptr<base::Poll> poll;  // gone before `fd` is
    std::unique_ptr<io::Deadline> late;
  };
  struct Port {
    base::Fd fd;
    base::SocketAddress asked;        // as configured
    base::SocketAddress address;      // really bound
    std::optional<AgentQuery> query;  // what it answers for; nothing: the client says
    std::unique_ptr<base::Poll> poll;
    std::unique_ptr<base::Timer> resume;
  };

  Impl(base::Loop& on, Provider from) : loop(on), provider(std::move(from)) {}

  base::Result<void> take(const conf::Agent& conf);
  base::Result<std::unique_ptr<Port>> open(const base::SocketAddress& address);
  void accept(Port& port);
  void add(base::Fd fd, const Port& port);
  void read(std::uint64_t id);
  void say(std::uint64_t id, const std::string& line);
  void answer_line(std::uint64_t id);
  [[nodiscard]] std::string answer(const AgentQuery& query);
  void late(std::uint64_t id);

  base::Loop& loop;
  AgentLimits limits;
  Provider provider;
  AgentCounters counters;
  std::vector<std::unique_ptr<Port>> ports;
  std::uint64_t next_client = 0;
  std::map<std::uint64_t, Client> clients;
};

// What is new is opened first: only then does anything change.
base::Result<void> AgentServer::Impl::take(const conf::Agent& conf) {
  std::vector<std::pair<base::SocketAddress, std::optional<AgentQuery>>> wanted;
  if (conf.listen) wanted.emplace_back(*conf.listen, std::nullopt);
  for (const auto& port : conf.ports) wanted.emplace_back(port.listen, AgentQuery{port.pool, port.node, port.reads});
  std::vector<std::unique_ptr<Port>> next(wanted.size());
  std::vector<Port*> stays(wanted.size());
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const auto held = std::find_if(ports.begin(), ports.end(), [&](const auto& p) {
      return p->asked == wanted[i].first && std::find(stays.begin(), stays.end(), p.get()) == stays.end();
    });
    if (held != ports.end()) {
      stays[i] = held->get();
      continue;
    }
    auto port = open(wanted[i].first);
    if (!port) return base::fail(port.error().message);
    next[i] = std::move(*port);
  }
  for (std::size_t i = 0; i < next.size(); ++i) {
    const auto held = std::find_if(ports.begin(), ports.end(), [&](const auto& p) { return p && p.get() == stays[i]; });
    if (held != ports.end()) next[i] = std::move(*held);
    next[i]->query = wanted[i].second;
  }
  ports = std::move(next);
  limits = {conf.lag_full, conf.lag_drain};
  return {};
}

base::Result<std::unique_ptr<AgentServer::Impl::Port>> AgentServer::Impl::open(const base::SocketAddress& address) {
  auto port = std::make_unique<Port>();
  auto fd = io::bind_socket(address, SOCK_STREAM);
  if (!fd) return base::fail(fd.error().message);
  auto bound = io::bound_address(fd->get());
  if (!bound) return base::fail(bound.error().message);
  port->fd = std::move(*fd);
  port->asked = address;
  port->address = *bound;
  port->poll = std::make_unique<base::Poll>(loop, port->fd.get(), [this, raw = port.get()](int, int) { accept(*raw); });
  port->poll->start(base::Poll::kReadable);
  port->resume = std::make_unique<base::Timer>(loop, [raw = port.get()] { raw->poll->start(base::Poll::kReadable); });
  return port;
}

void AgentServer::Impl::accept(Port& port) {
  for (int i = 0; i < kMostAccepts; ++i) {
    base::Fd fd(::accept4(port.fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!fd) {
      // Out of descriptors: the socket stays readable, and looking again at once would only burn the processor.
      if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
        port.poll->stop();
        port.resume->start(kRest);
      }
      return;
    }
    if (clients.size() >= kMostClients) {
      ++counters.refused;  // closed unanswered: to a balancer the agent did not answer this time
      continue;
    }
    add(std::move(fd), port);
  }
}

void AgentServer::Impl::add(base::Fd fd, const Port& port) {
  const auto id = next_client++;
  Client client;
  client.poll = std::make_unique<base::Poll>(loop, fd.get(), [this, id](int, int) { read(id); });
  client.poll->start(base::Poll::kReadable);
  client.late = std::make_unique<io::Deadline>(loop, [this, id] { late(id); });
  client.late->start(kPatience);
  client.fd = std::move(fd);
  clients.emplace(id, std::move(client));
  if (port.query) say(id, answer(*port.query));
}

// After the answer too, until the client closes: closed with bytes unread, the answer could be lost (TCP reset).
void AgentServer::Impl::read(std::uint64_t id) {
  auto& client = clients.at(id);
  std::array<char, kMostLine> part{};
  const ssize_t n = ::recv(client.fd.get(), part.data(), part.size(), 0);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n < 0 || (n == 0 && (client.answered || client.line.empty()))) {
    clients.erase(id);
    return;
  }
  if (client.answered) return;
  client.line.append(part.data(), static_cast<std::size_t>(n));
  const auto end = client.line.find('\n');
  if (end == std::string::npos && n > 0 && client.line.size() <= kMostLine) return;
  client.line.resize(std::min(end, client.line.size()));
  answer_line(id);
}

void AgentServer::Impl::answer_line(std::uint64_t id) {
  const auto query = parse_agent_query(clients.at(id).line);
  if (query) return say(id, answer(*query));
  ++counters.refused;
  say(id, agent_refusal());
}

std::string AgentServer::Impl::answer(const AgentQuery& query) {
  ++counters.answers;
  const auto pool = provider(query.pool);
  return agent_answer(query, pool ? &*pool : nullptr, limits);
}

// A line fits into the buffer of a fresh connection.
void AgentServer::Impl::say(std::uint64_t id, const std::string& line) {
  auto& client = clients.at(id);
  client.answered = true;
  const bool sent = ::send(client.fd.get(), line.data(), line.size(), MSG_NOSIGNAL) >= 0;
  if (!sent || ::shutdown(client.fd.get(), SHUT_WR) != 0) {
    clients.erase(id);
    return;
  }
  client.late->start(kPatience);
}

// A balancer that ends its words without a line break is answered all the same.
void AgentServer::Impl::late(std::uint64_t id) {
  if (clients.at(id).answered) {
    clients.erase(id);
    return;
  }
  answer_line(id);
}

AgentServer::AgentServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AgentServer::~AgentServer() = default;

base::Result<std::unique_ptr<AgentServer>> AgentServer::listen(base::Loop& loop, const conf::Agent& conf,
                                                               Provider provider) {
  auto impl = std::make_unique<Impl>(loop, std::move(provider));
  if (const auto opened = impl->take(conf); !opened) return base::fail(opened.error().message);
  return std::unique_ptr<AgentServer>(new AgentServer(std::move(impl)));
}

base::Result<void> AgentServer::reconfigure(const conf::Agent& conf) { return impl_->take(conf); }

std::vector<base::SocketAddress> AgentServer::addresses() const {
  std::vector<base::SocketAddress> out;
  for (const auto& port : impl_->ports) out.push_back(port->address);
  return out;
}

const AgentCounters& AgentServer::counters() const { return impl_->counters; }

}  // namespace sitecheck
