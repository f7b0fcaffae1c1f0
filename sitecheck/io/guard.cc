#include "sitecheck/io/guard.h"

#include <algorithm>
#include <list>
#include <utility>

#include "base/log.h"
#include "sitecheck/io/guard_filter.h"
#include "sitecheck/io/guard_message.h"
#include "sitecheck/io/guard_nodes.h"
#include "sitecheck/io/packet_socket.h"
#include "sitecheck/io/permit_file.h"

namespace sitecheck {

namespace {

constexpr std::size_t kMaxClients = 8;
constexpr base::Instant kNoDeadline{};

}  // namespace

struct Guard::Impl {
  Impl(base::Loop& l, GuardSettings s, std::string k, PermitFile p)
      : loop(l),
        settings(std::move(s)),
        kernel(std::move(k)),
        permit(std::move(p)),
        nodes(l, settings.nodes, {settings.pool, settings.tick, settings.fence_bound},
              {[this] { return expired(); }, [this](GuardState next) { say(next); }, [this] { tell_all(); }}),
        ticker(l, [this] { tick(); }) {
    if (settings.filter) filter.emplace(settings.pool, *settings.filter, [this] { tell_all(); });
  }

  struct Client {
    std::unique_ptr<PacketStream> stream;
  };

  base::Result<void> begin();
  void tick();
  void connect(base::Fd fd);
  void take(Client* client, base::ByteView bytes);
  void take_remote(const base::IpAddress& from, const GuardOrder& order);
  void take(const GuardOrder& order);
  void drain();
  void hold(base::Instant until, ecv::Epoch of, bool admit);
  void end_permit();
  void close_hard();
  [[nodiscard]] bool expired() const { return base::read_boot_clock() >= deadline; }
  [[nodiscard]] bool ready() const;
  [[nodiscard]] GuardReport report() const;
  void tell_all();
  void say(GuardState next);

  base::Loop& loop;
  GuardSettings settings;
  std::string kernel;
  PermitFile permit;
  std::list<std::unique_ptr<Client>> clients;
  base::Instant deadline = kNoDeadline;
  ecv::Epoch epoch;
  std::uint64_t last_seq = 0;
  GuardState state = GuardState::kClosing;
  GuardNodes nodes;
  std::optional<GuardFilter> filter;
  bool admits = false;      // clients may come in until the deadline; else a promotion has only armed it
  std::string unreachable;  // why sitecheck would be cut off too
  base::Timer ticker;
  std::unique_ptr<PacketListener> listener;
  std::unique_ptr<GuardPort> port;
};

// A guard that starts while the writer writes finds the permit in sitecheck's mapping; without one the pool is closed.
base::Result<void> Guard::Impl::begin() {
  if (const auto running = permit.load(); running && running->deadline > base::read_boot_clock()) {
    deadline = running->deadline;
    epoch = running->epoch;
    state = GuardState::kOpen;
    admits = true;
  }
  if (filter) {
    const auto until = admits ? std::optional(deadline) : std::nullopt;
    if (const auto loaded = filter->load(until); !loaded) return loaded;
  }
  base::log(base::Level::kInfo, "guard.started", "watches the permit",
            {{"pool", settings.pool}, {"state", std::string(name(state))}});
  ticker.start(base::Duration::zero(), settings.tick);
  return {};
}

void Guard::Impl::tick() {
  const auto now = base::read_boot_clock();
  if (state == GuardState::kOpen && now >= deadline) drain();
  if (filter) filter->watch(now);
  if (now < deadline) return;
  if (state == GuardState::kOpen) {
    base::log(base::Level::kInfo, "guard.deadline", "the permit ended: the node must be closed",
              {{"pool", settings.pool}, {"epoch", std::to_string(epoch.counter())}});
    end_permit();
  }
  nodes.tick(now);
}

// Rule 8: inputs before timers. A guard that stood still finds its tick due and renewals waiting (libuv 1.44 runs
// timers before it polls): they are heard before the deadline that they replaced is acted on. None lengthens a permit,
// as each says an absolute moment, also that of a datagram. A Unix socket holds few messages (net.unix.max_dgram_qlen,
// 10), so the newest may not be there: then sitecheck's mapping has it, which is cleared before a fence and a release.
// Whether clients may come in it does not say: the next order does, within an interval.
void Guard::Impl::drain() {
  if (listener) listener->drain();
  for (auto at = clients.begin(); at != clients.end();) (*at++)->stream->drain();  // it may end, and remove itself
  if (port) return port->drain();
  const auto running = permit.load();
  if (state == GuardState::kOpen && running && running->deadline > deadline) {
    hold(running->deadline, running->epoch, false);
  }
}

void Guard::Impl::end_permit() {
  deadline = kNoDeadline;
  admits = false;
  if (settings.remote) permit.clear();
  if (filter && filter->open()) filter->close();
  if (state != GuardState::kOpen) return;
  nodes.permit_ended();
  say(GuardState::kClosing);
}

void Guard::Impl::connect(base::Fd fd) {
  if (clients.size() >= kMaxClients) clients.pop_front();
  last_seq = 0;  // a process that starts counts from the beginning
  clients.push_back(std::make_unique<Client>());
  Client* client = clients.back().get();
  client->stream = std::make_unique<PacketStream>(
      loop, std::move(fd), [this, client](base::ByteView bytes) { take(client, bytes); },
      [this, client] { clients.remove_if([&](const auto& c) { return c.get() == client; }); });
}

void Guard::Impl::take(Client* client, base::ByteView bytes) {
  const auto order = decode_order(bytes);
  if (!order || order->kernel != kernel) {
    base::log(base::Level::kWarn, "guard.bad_order", "an order was dropped: malformed, or of another boot",
              {{"pool", settings.pool}});
    return;
  }
  take(*order);
  client->stream->send(encode(report()));
}

void Guard::Impl::take_remote(const base::IpAddress& from, const GuardOrder& order) {
  const bool passes = !filter || from.is_loopback() || filter->allows(from);
  unreachable = passes ? "" : "guard.allow does not name sitecheck's address " + from.to_string();
  take(order);
}

void Guard::Impl::take(const GuardOrder& order) {
  last_seq = order.seq;
  switch (order.wish) {
    case GuardWish::kRenew: return hold(order.deadline, order.epoch, true);
    case GuardWish::kArm: return hold(order.deadline, order.epoch, false);
    case GuardWish::kCut: {
      end_permit();
      return nodes.tick_open(base::read_boot_clock());
    }
    case GuardWish::kClose: return close_hard();
  }
}

// While it closes it takes no new deadline: who wants to open has to wait until it is closed. `admit`: whether clients
// may come in; a deadline that is not later than the one held changes at most that.
void Guard::Impl::hold(base::Instant until, ecv::Epoch of, bool admit) {
  if (until <= base::read_boot_clock() || state == GuardState::kClosing) return;
  if (!admit && !nodes.ready()) nodes.prove_silent();  // again with each order, until it is proved
  if (until <= deadline && admit == admits) return;
  if (until > deadline) {
    deadline = until;
    epoch = of;
  }
  admits = admit;
  nodes.permit_begun();
  // A guard that starts anew within a promotion begins closed.
  if (settings.remote && admits) permit.store({deadline, epoch});
  if (settings.remote && !admits) permit.clear();
  if (filter && admits) {
    filter->open_until(deadline);
  } else if (filter && filter->open()) {
    filter->close();
  }
  say(GuardState::kOpen);
}

void Guard::Impl::close_hard() {
  const bool was_open = state == GuardState::kOpen;
  end_permit();
  nodes.close_hard(was_open);
}

bool Guard::Impl::ready() const {
  return (!filter || filter->trouble().empty()) && unreachable.empty() && nodes.ready();
}

GuardReport Guard::Impl::report() const {
  const bool failing = filter && !filter->trouble().empty();
  const std::string& said = failing ? filter->trouble() : !unreachable.empty() ? unreachable : nodes.message();
  return {last_seq, deadline, state, ready(), filter && !filter->open(), said, nodes_hash(settings.nodes)};
}

void Guard::Impl::tell_all() {
  if (port) port->tell();
  const auto bytes = encode(report());
  for (auto& client : clients) client->stream->send(bytes);
}

void Guard::Impl::say(GuardState next) {
  if (state == next) return;
  state = next;
  tell_all();
}

Guard::Guard(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Guard::~Guard() = default;

base::Result<std::unique_ptr<Guard>> Guard::start(base::Loop& loop, GuardSettings settings) {
  auto kernel = kernel_boot_id();
  if (!kernel) return base::fail(kernel.error().message);
  auto permit = PermitFile::open(settings.permit, *kernel);
  if (!permit) return base::fail(permit.error().message);
  const auto socket = settings.socket;
  const auto remote = settings.remote;
  auto impl = std::make_unique<Impl>(loop, std::move(settings), *kernel, std::move(*permit));
  Impl* raw = impl.get();
  if (const auto begun = raw->begin(); !begun) return base::fail(begun.error().message);
  if (remote) {
    auto port =
        GuardPort::open(loop, *remote,
                        {[raw](const base::IpAddress& from, const GuardOrder& order) { raw->take_remote(from, order); },
                         [raw] { return raw->report(); }});
    if (!port) return base::fail(port.error().message);
    impl->port = std::move(*port);
    return std::unique_ptr<Guard>(new Guard(std::move(impl)));
  }
  auto listener = PacketListener::listen(loop, socket, [raw](base::Fd fd) { raw->connect(std::move(fd)); });
  if (!listener) return base::fail(listener.error().message);
  impl->listener = std::move(*listener);
  return std::unique_ptr<Guard>(new Guard(std::move(impl)));
}

}  // namespace sitecheck
