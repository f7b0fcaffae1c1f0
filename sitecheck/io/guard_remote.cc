// The channel to a guard on another host (guard_datagram.h says how a deadline travels).
#include <cmath>
#include <deque>
#include <optional>
#include <utility>

#include "base/io/udp.h"
#include "base/log.h"
#include "sitecheck/io/guard_channel.h"
#include "sitecheck/io/guard_datagram.h"
#include "sitecheck/io/random.h"

namespace sitecheck {

namespace {

constexpr std::size_t kRemembered = 64;

class RemoteChannel final : public GuardChannel {
 public:
  RemoteChannel(base::Loop& loop, RemoteGuard guard, Calls calls)
      : loop_(loop), guard_(std::move(guard)), calls_(std::move(calls)), boot_(random_number().value_or(0)) {}

  base::Result<void> maintain() override;
  void send(const GuardOrder& order) override;

 private:
  struct Sent {
    std::uint64_t seq = 0;
    base::Instant deadline;
  };
  struct Heard {
    std::uint64_t boot = 0;  // of the guard
    std::uint64_t index = 0;
    std::uint64_t nonce = 0;
    base::Instant at;
    std::uint64_t answered = 0;  // highest order that any guard answered
  };
  void receive(base::ByteView bytes);
  [[nodiscard]] base::Duration left(base::Instant deadline) const;
  [[nodiscard]] base::Instant deadline_of(const ReportDatagram& report) const;

  base::Loop& loop_;
  RemoteGuard guard_;
  Calls calls_;
  std::uint64_t boot_;
  std::unique_ptr<io::UdpSocket> socket_;
  std::deque<Sent> sent_;
  Heard heard_;
};

base::Result<void> RemoteChannel::maintain() {
  if (boot_ == 0) return base::fail("the kernel gives no random numbers");
  if (guard_.keys.signer() == nullptr) return base::fail("there is no key for: peers to sign orders with");
  if (socket_) return {};
  const auto any = guard_.address.ip.is_v6() ? base::IpAddress::v6({}) : base::IpAddress::v4({});
  auto socket = io::UdpSocket::bind(loop_, {any, 0},
                                    [this](base::ByteView bytes, const base::SocketAddress&) { receive(bytes); });
  if (!socket) return base::fail(socket.error().message);
  socket_ = std::move(*socket);
  return {};
}

// What is left of `deadline`, counted from when the report was heard. Since then the clocks of both hosts may have
// drifted apart by 2 rho; what follows until the deadline is covered by the timing inequality.
base::Duration RemoteChannel::left(base::Instant deadline) const {
  const auto now = base::read_boot_clock();
  if (deadline <= now || heard_.nonce == 0) return base::Duration::zero();
  const auto age = static_cast<double>((now - heard_.at).count());
  return deadline - heard_.at - base::Duration(static_cast<std::int64_t>(std::ceil(2 * guard_.drift * age)));
}

void RemoteChannel::send(const GuardOrder& order) {
  const ecv::Key* key = guard_.keys.signer();
  if (!socket_ || key == nullptr) return;
  sent_.push_back({order.seq, order.deadline});
  if (sent_.size() > kRemembered) sent_.pop_front();
  OrderDatagram out{guard_.site,  guard_.pool,          boot_,       order.seq,
                    heard_.nonce, left(order.deadline), order.epoch, order.wish};
  socket_->send(guard_.address, encode(out, *key));
}

void RemoteChannel::receive(base::ByteView bytes) {
  const auto report = decode_report_datagram(bytes, guard_.keys);
  if (!report || report->site != guard_.site || report->pool != guard_.pool || report->to_boot != boot_) return;
  // A guard that started anew must answer an order that none before it answered; else it is a replay of a dead one.
  const bool same = report->boot == heard_.boot;
  if (same ? report->index <= heard_.index : report->to_seq <= heard_.answered) return;
  heard_ = {report->boot, report->index, report->nonce, base::read_boot_clock(),
            std::max(heard_.answered, report->to_seq)};
  GuardReport out;
  out.seq = report->taken;
  out.deadline = deadline_of(*report);
  out.state = report->state;
  out.ready = report->ready;
  out.cut = report->cut;
  out.message = report->message;
  out.nodes = report->nodes;
  calls_.on_report(out);
  if (!same) calls_.on_ready();
}

base::Instant RemoteChannel::deadline_of(const ReportDatagram& report) const {
  if (report.left <= base::Duration::zero()) return {};
  for (const auto& sent : sent_) {
    if (sent.seq == report.taken) return sent.deadline;
  }
  return {};
}

}  // namespace

std::unique_ptr<GuardChannel> remote_guard_channel(base::Loop& loop, RemoteGuard guard, GuardChannel::Calls calls) {
  return std::make_unique<RemoteChannel>(loop, std::move(guard), std::move(calls));
}

}  // namespace sitecheck
