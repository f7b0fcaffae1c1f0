#include "sitecheck/io/guard_port.h"

#include <optional>
#include <utility>

#include "base/io/udp.h"
#include "base/log.h"
#include "sitecheck/io/guard_clock.h"
#include "sitecheck/io/random.h"

namespace sitecheck {

struct GuardPort::Impl {
  Impl(GuardPortSettings s, Calls c, std::uint64_t own) : settings(std::move(s)), calls(std::move(c)), boot(own) {}

  struct Asked {
    base::SocketAddress from;
    std::uint64_t boot = 0;
    std::uint64_t seq = 0;
  };

  void receive(base::ByteView bytes, const base::SocketAddress& from);
  void answer(const Asked& asked);
  void refuse(const base::SocketAddress& from, const std::string& why);

  GuardPortSettings settings;
  Calls calls;
  std::uint64_t boot;
  std::uint64_t index = 0;
  GuardClock clock;
  std::optional<Asked> last;
  std::string refused;  // said once, not at each datagram
  std::unique_ptr<io::UdpSocket> socket;
};

void GuardPort::Impl::receive(base::ByteView bytes, const base::SocketAddress& from) {
  const auto order = decode_order_datagram(bytes, settings.keys);
  if (!order) return refuse(from, "malformed, or signed with a key that is not known here");
  if (order->site != settings.site || order->pool != settings.pool) {
    return refuse(from, "for site " + order->site + ", pool " + order->pool);
  }
  refused.clear();
  const Asked asked{from, order->boot, order->seq};
  if (const auto taken = clock.take(*order)) {
    last = asked;
    calls.on_order(from.ip, *taken);
  }
  answer(asked);
}

void GuardPort::Impl::refuse(const base::SocketAddress& from, const std::string& why) {
  const std::string all = from.to_string() + ": " + why;
  if (std::exchange(refused, all) == all) return;
  base::log(base::Level::kWarn, "guard.bad_order", "an order was dropped",
            {{"pool", settings.pool}, {"from", from.to_string()}, {"why", why}});
}

void GuardPort::Impl::answer(const Asked& asked) {
  const auto report = calls.report();
  const auto now = base::read_boot_clock();
  ReportDatagram out;
  out.site = settings.site;
  out.pool = settings.pool;
  out.boot = boot;
  out.index = ++index;
  out.nonce = clock.nonce(now, random_number().value_or(0));
  out.to_boot = asked.boot;
  out.to_seq = asked.seq;
  out.taken = clock.boot() == asked.boot ? clock.taken() : 0;
  out.left = report.deadline > now ? report.deadline - now : base::Duration::zero();
  out.state = report.state;
  out.ready = report.ready;
  out.cut = report.cut;
  out.message = report.message;
  out.nodes = report.nodes;
  if (const ecv::Key* key = settings.keys.signer()) socket->send(asked.from, encode(out, *key));
}

GuardPort::GuardPort(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
GuardPort::~GuardPort() = default;

base::Result<std::unique_ptr<GuardPort>> GuardPort::open(base::Loop& loop, GuardPortSettings settings, Calls calls) {
  const auto boot = random_number();
  if (!boot) return base::fail(boot.error().message);
  const auto address = settings.address;
  auto impl = std::make_unique<Impl>(std::move(settings), std::move(calls), *boot);
  auto socket = io::UdpSocket::bind(
      loop, address,
      [raw = impl.get()](base::ByteView bytes, const base::SocketAddress& from) { raw->receive(bytes, from); });
  if (!socket) return base::fail(socket.error().message);
  impl->socket = std::move(*socket);
  return std::unique_ptr<GuardPort>(new GuardPort(std::move(impl)));
}

void GuardPort::tell() {
  if (impl_->last) impl_->answer(*impl_->last);
}
void GuardPort::drain() { impl_->socket->drain(); }
const base::SocketAddress& GuardPort::address() const { return impl_->socket->address(); }

}  // namespace sitecheck
