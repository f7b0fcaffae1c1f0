#include "sitecheck/io/guard.h"

#include <algorithm>
#include <list>
#include <utility>

#include "base/log.h"
#include "sitecheck/io/guard_message.h"
#include "sitecheck/io/packet_socket.h"
#include "sitecheck/io/permit_file.h"

namespace sitecheck {

namespace {

constexpr auto kWatch = base::seconds(1);               // between two looks at a node that is held closed
constexpr auto kFilterWatch = base::milliseconds(200);  // at the kernel's table
constexpr std::size_t kMaxClients = 8;
constexpr base::Instant kNoDeadline{};

}  // namespace

struct Guard::Impl {
  Impl(base::Loop& l, GuardSettings s, std::string k, PermitFile p)
      : loop(l), settings(std::move(s)), kernel(std::move(k)), permit(std::move(p)), ticker(l, [this] { tick(); }) {
    for (const auto& node : settings.nodes) {
      nodes.push_back(std::make_unique<Node>(Node{node.node, std::make_unique<NodeCloser>(l, node)}));
      nodes.back()->closer->start();
    }
  }

  struct Node {
    std::string name;
    std::unique_ptr<NodeCloser> closer;
    bool closed = false;       // confirmed since the deadline passed
    bool busy = false;         // a closing or a look is under way
    bool failed_soft = false;  // the next closing is hard
    base::Instant looked_at{};
  };
  struct Client {
    std::unique_ptr<PacketStream> stream;
  };

  base::Result<void> begin();
  void tick();
  void tick_node(Node& node, base::Instant now);
  void look(Node& node);
  void close(Node& node, CloseMode mode);
  void connect(base::Fd fd);
  void take(Client* client, base::ByteView bytes);
  void take_remote(const base::IpAddress& from, const GuardOrder& order);
  void take(const GuardOrder& order);
  void drain();
  void hold(base::Instant until, ecv::Epoch of, bool admit);
  void end_permit();
  void close_hard();
  base::Result<void> load_filter();
  void open_filter();
  void close_filter();
  void watch_filter(base::Instant now);
  void filter_failed(const std::string& why);
  [[nodiscard]] bool expired() const { return base::read_boot_clock() >= deadline; }
  [[nodiscard]] bool ready() const;
  [[nodiscard]] GuardReport report() const;
  void tell_all();
  void say(GuardState next);

  base::Loop& loop;
  GuardSettings settings;
  std::string kernel;
  PermitFile permit;
  std::vector<std::unique_ptr<Node>> nodes;
  std::list<std::unique_ptr<Client>> clients;
  base::Instant deadline = kNoDeadline;
  ecv::Epoch epoch;
  std::uint64_t last_seq = 0;
  GuardState state = GuardState::kClosing;
  std::string message;
  bool hard = false;  // a closing by all means was ordered, and is not confirmed yet
  std::optional<PacketFilter> filter;
  std::string filter_trouble;
  bool admits = false;      // clients may come in until the deadline; else a promotion has only armed it
  bool filter_open = true;  // not known to be closed
  base::Instant filter_looked_at;
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
  if (settings.filter) {
    if (const auto loaded = load_filter(); !loaded) return loaded;
  }
  base::log(base::Level::kInfo, "guard.started", "watches the permit",
            {{"pool", settings.pool}, {"state", std::string(name(state))}});
  ticker.start(base::Duration::zero(), settings.tick);
  return {};
}

void Guard::Impl::tick() {
  const auto now = base::read_boot_clock();
  if (state == GuardState::kOpen && now >= deadline) drain();
  watch_filter(now);
  if (now < deadline) return;
  if (state == GuardState::kOpen) {
    base::log(base::Level::kInfo, "guard.deadline", "the permit ended: the node must be closed",
              {{"pool", settings.pool}, {"epoch", std::to_string(epoch.counter())}});
    end_permit();
  }
  for (auto& node : nodes) tick_node(*node, now);
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
  if (filter_open) close_filter();
  if (state != GuardState::kOpen) return;
  for (auto& node : nodes) node->closed = node->failed_soft = false;
  say(GuardState::kClosing);
}

void Guard::Impl::tick_node(Node& node, base::Instant now) {
  if (node.busy) return;
  if (node.failed_soft) return close(node, CloseMode::kHard);
  if (!node.closed) return look(node);
  if (now - node.looked_at >= kWatch) look(node);
}

// A node that reads read_only=1 can commit nothing: its readers need not be killed.
void Guard::Impl::look(Node& node) {
  node.busy = true;
  node.looked_at = base::read_boot_clock();
  node.closer->look(settings.tick, [this, n = &node](std::optional<bool> read_only) {
    n->busy = false;
    if (!expired()) return;
    if (read_only.value_or(false)) {
      n->closed = true;
      if (std::all_of(nodes.begin(), nodes.end(), [](const auto& each) { return each->closed; })) {
        say(GuardState::kClosed);
      }
      return;
    }
    // What was proved closed and does not answer now was closed when it stopped answering, and boots read-only.
    if (n->closed && !read_only) return;
    if (n->closed) {
      base::log(base::Level::kError, "guard.opened", "a node was opened without a permit: closing it",
                {{"pool", settings.pool}, {"node", n->name}});
      n->closed = false;
      say(GuardState::kClosing);
    }
    close(*n, CloseMode::kSoft);
  });
}

void Guard::Impl::close(Node& node, CloseMode mode) {
  node.busy = true;
  if (mode == CloseMode::kSoft) {
    base::log(base::Level::kWarn, "guard.closing", "the node is not closed although no permit runs: closing it",
              {{"pool", settings.pool}, {"node", node.name}});
  }
  node.closer->close(mode, settings.fence_bound / 2, [this, n = &node, mode](const Closed& outcome) {
    n->busy = false;
    if (outcome.closing == core::Closing::kUnknown) {
      n->failed_soft = true;
      const std::string why = n->name + ": " + outcome.message;
      if (std::exchange(message, why) == why) return;
      base::log(base::Level::kError, "guard.not_closed", "the fence is not confirmed, it goes on",
                {{"pool", settings.pool},
                 {"node", n->name},
                 {"hard", mode == CloseMode::kHard ? "yes" : "no"},
                 {"why", outcome.message}});
      return tell_all();
    }
    n->closed = true;
    n->failed_soft = hard = false;
    n->looked_at = base::read_boot_clock();
    base::log(base::Level::kInfo, "guard.closed", "the node is closed",
              {{"pool", settings.pool},
               {"node", n->name},
               {"how", outcome.message},
               {"killed", outcome.killed ? "yes" : "no"}});
    if (std::all_of(nodes.begin(), nodes.end(), [](const auto& each) { return each->closed; })) {
      message.clear();
      say(GuardState::kClosed);
    }
  });
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
      for (auto& node : nodes) {
        if (!node->closed) tick_node(*node, base::read_boot_clock());
      }
      return;
    }
    case GuardWish::kClose: return close_hard();
  }
}

// While it closes it takes no new deadline: who wants to open has to wait until it is closed. `admit`: whether clients
// may come in; a deadline that is not later than the one held changes at most that.
void Guard::Impl::hold(base::Instant until, ecv::Epoch of, bool admit) {
  if (until <= base::read_boot_clock() || state == GuardState::kClosing) return;
  if (until <= deadline && admit == admits) return;
  if (until > deadline) {
    deadline = until;
    epoch = of;
  }
  admits = admit;
  message.clear();
  hard = false;
  // A guard that starts anew within a promotion begins closed.
  if (settings.remote && admits) permit.store({deadline, epoch});
  if (settings.remote && !admits) permit.clear();
  if (admits) {
    open_filter();
  } else if (filter_open) {
    close_filter();
  }
  say(GuardState::kOpen);
}

void Guard::Impl::close_hard() {
  const bool was_open = state == GuardState::kOpen;
  end_permit();
  if (std::exchange(hard, true) && !was_open) return;  // said again
  for (auto& node : nodes) {
    if (node->closed) continue;
    close(*node, CloseMode::kHard);
    say(GuardState::kClosing);
  }
}

base::Result<void> Guard::Impl::load_filter() {
  auto loaded = PacketFilter::load(*settings.filter, admits ? deadline : kNoDeadline);
  if (!loaded) return base::fail(loaded.error().message);
  filter.emplace(std::move(*loaded));
  filter_open = admits && deadline > base::read_boot_clock();
  filter_trouble.clear();
  return {};
}

void Guard::Impl::open_filter() {
  if (!filter) return;
  filter_open = true;
  if (const auto opened = filter->open_until(deadline); !opened) filter_failed(opened.error().message);
}

// The kernel does this by itself at the deadline; a host that was suspended has counted less than the clock.
void Guard::Impl::close_filter() {
  if (!filter) return;
  if (const auto closed = filter->close()) {
    filter_open = false;
  } else {
    filter_failed(closed.error().message);
  }
}

void Guard::Impl::watch_filter(base::Instant now) {
  if (!filter || now - filter_looked_at < kFilterWatch) return;
  filter_looked_at = now;
  const auto there = filter->look();
  if (!there) return filter_failed(there.error().message);
  if (filter_open && now >= deadline) close_filter();
}

// A firewall that is loaded anew flushes every table.
void Guard::Impl::filter_failed(const std::string& why) {
  base::log(base::Level::kError, "guard.filter", "the kernel's table does not hold: making it anew",
            {{"pool", settings.pool}, {"why", why}});
  const auto loaded = load_filter();
  if (loaded) return tell_all();
  filter_open = true;
  if (std::exchange(filter_trouble, loaded.error().message) == loaded.error().message) return;
  base::log(base::Level::kError, "guard.filter_failed", "the kernel's table cannot be made",
            {{"pool", settings.pool}, {"error", filter_trouble}});
  tell_all();
}

bool Guard::Impl::ready() const {
  return filter_trouble.empty() && unreachable.empty() &&
         std::all_of(nodes.begin(), nodes.end(), [](const auto& node) { return node->closer->ready(); });
}

GuardReport Guard::Impl::report() const {
  const std::string& said = !filter_trouble.empty() ? filter_trouble : !unreachable.empty() ? unreachable : message;
  return {last_seq, deadline, state, ready(), filter && !filter_open, said};
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
