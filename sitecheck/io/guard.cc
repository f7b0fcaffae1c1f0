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

constexpr auto kWatch = base::seconds(1);  // between two looks at a node that is held closed
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

  void begin();
  void tick();
  void tick_node(Node& node, base::Instant now);
  void look(Node& node);
  void close(Node& node, CloseMode mode);
  void connect(base::Fd fd);
  void take(Client* client, base::ByteView bytes);
  void take(const GuardOrder& order);
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
  base::Timer ticker;
  std::unique_ptr<PacketListener> listener;
};

// A guard that starts while the writer writes finds the permit in sitecheck's mapping; without one the pool is closed.
void Guard::Impl::begin() {
  if (const auto running = permit.load(); running && running->deadline > base::read_boot_clock()) {
    deadline = running->deadline;
    epoch = running->epoch;
    state = GuardState::kOpen;
  }
  base::log(base::Level::kInfo, "guard.started", "watches the permit",
            {{"pool", settings.pool}, {"state", std::string(name(state))}});
  ticker.start(base::Duration::zero(), settings.tick);
}

void Guard::Impl::tick() {
  const auto now = base::read_boot_clock();
  if (now < deadline) return;
  if (state == GuardState::kOpen) {
    base::log(base::Level::kInfo, "guard.deadline", "the permit ended: the node must be closed",
              {{"pool", settings.pool}, {"epoch", std::to_string(epoch.counter())}});
    for (auto& node : nodes) node->closed = node->failed_soft = false;
    say(GuardState::kClosing);
  }
  for (auto& node : nodes) tick_node(*node, now);
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
    n->failed_soft = false;
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

void Guard::Impl::take(const GuardOrder& order) {
  last_seq = order.seq;
  if (order.close) {
    deadline = kNoDeadline;
    for (auto& node : nodes) {
      if (node->closed && state != GuardState::kOpen) continue;
      node->closed = false;
      close(*node, CloseMode::kHard);
    }
    return say(GuardState::kClosing);
  }
  // While it closes it takes no new deadline: who wants to open has to wait until it is closed.
  if (order.deadline <= deadline || order.deadline <= base::read_boot_clock()) return;
  if (state == GuardState::kClosing) return;
  deadline = order.deadline;
  epoch = order.epoch;
  message.clear();
  say(GuardState::kOpen);
}

bool Guard::Impl::ready() const {
  return std::all_of(nodes.begin(), nodes.end(), [](const auto& node) { return node->closer->ready(); });
}

GuardReport Guard::Impl::report() const { return {last_seq, deadline, state, ready(), message}; }

void Guard::Impl::tell_all() {
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
  auto impl = std::make_unique<Impl>(loop, std::move(settings), *kernel, std::move(*permit));
  Impl* raw = impl.get();
  auto listener = PacketListener::listen(loop, socket, [raw](base::Fd fd) { raw->connect(std::move(fd)); });
  if (!listener) return base::fail(listener.error().message);
  impl->listener = std::move(*listener);
  impl->begin();
  return std::unique_ptr<Guard>(new Guard(std::move(impl)));
}

}  // namespace sitecheck
