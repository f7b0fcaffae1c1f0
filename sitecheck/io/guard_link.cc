#include "sitecheck/io/guard_link.h"

#include <utility>

#include "sitecheck/io/packet_socket.h"

namespace sitecheck {

struct GuardLink::Impl {
  Impl(base::Loop& l, GuardLinkSettings s, std::function<void(bool, const std::string&)> call)
      : loop(l), settings(std::move(s)), on_change(std::move(call)), turn(l, [this] { tick(); }), arm_limit(l, [this] {
          end_arm(false, why_not());
        }) {}

  void tick();
  void connect();
  void send();
  void take(base::ByteView bytes);
  void set_alive(bool now_alive, const std::string& message);
  void end_arm(bool ok, const std::string& message);
  [[nodiscard]] std::string why_not() const;

  base::Loop& loop;
  GuardLinkSettings settings;
  std::function<void(bool, const std::string&)> on_change;
  std::unique_ptr<PacketStream> stream;
  GuardOrder order;
  std::optional<GuardReport> last;
  std::optional<base::Instant> heard_at;
  std::optional<bool> alive;
  std::string trouble = "no guard was heard yet";
  base::Timer turn;
  base::Timer arm_limit;
  base::Instant arm_deadline;
  std::function<void(bool, const std::string&)> arm_done;
};

void GuardLink::Impl::tick() {
  if (!stream) connect();
  if (stream) send();
  const auto now = base::read_boot_clock();
  if (heard_at && now - *heard_at > settings.patience) set_alive(false, "the guard does not answer");
  if (!stream) set_alive(false, trouble);
}

void GuardLink::Impl::connect() {
  auto fd = connect_packets(settings.socket);
  if (!fd) {
    trouble = fd.error().message;
    return;
  }
  stream = std::make_unique<PacketStream>(
      loop, std::move(*fd), [this](base::ByteView bytes) { take(bytes); },
      [this] {
        stream.reset();
        trouble = "the guard ended";
        turn.start(base::Duration::zero(), settings.interval);  // tells, and looks for its successor
      });
}

void GuardLink::Impl::send() {
  ++order.seq;
  if (stream && !stream->send(encode(order))) trouble = "the guard reads nothing";
}

void GuardLink::Impl::take(base::ByteView bytes) {
  const auto report = decode_report(bytes);
  if (!report) return;
  last = *report;
  heard_at = base::read_boot_clock();
  // Whether it reaches the database matters when it is armed. A guard beside a dead mysqld is a guard all the same.
  set_alive(true, "");
  if (arm_done && report->ready && report->state == GuardState::kOpen && report->deadline >= arm_deadline) {
    end_arm(true, "the guard holds the deadline");
  }
}

void GuardLink::Impl::set_alive(bool now_alive, const std::string& message) {
  if (alive == now_alive) return;
  alive = now_alive;
  on_change(now_alive, message);
}

void GuardLink::Impl::end_arm(bool ok, const std::string& message) {
  arm_limit.stop();
  if (const auto call = std::exchange(arm_done, nullptr)) call(ok, message);
}

std::string GuardLink::Impl::why_not() const {
  if (!stream) return trouble;
  if (!last) return "the guard has not answered";
  if (!last->ready) return "the guard cannot fence: " + last->message;
  if (last->state == GuardState::kClosing) return "the guard is still closing: " + last->message;
  return "the guard did not take the deadline";
}

GuardLink::GuardLink(base::Loop& loop, GuardLinkSettings settings,
                     std::function<void(bool, const std::string&)> on_change)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), std::move(on_change))) {
  impl_->order.kernel = impl_->settings.kernel;
}
GuardLink::~GuardLink() = default;

void GuardLink::start() { impl_->turn.start(base::Duration::zero(), impl_->settings.interval); }

void GuardLink::renew(base::Instant deadline, ecv::Epoch epoch) {
  impl_->order.deadline = deadline;
  impl_->order.epoch = epoch;
  impl_->order.close = false;
  impl_->send();
}

void GuardLink::arm(base::Instant deadline, ecv::Epoch epoch, base::Duration limit,
                    std::function<void(bool, const std::string&)> done) {
  if (impl_->arm_done) impl_->end_arm(false, "a newer deadline came");
  impl_->arm_deadline = deadline;
  impl_->arm_done = std::move(done);
  impl_->arm_limit.start(limit);
  renew(deadline, epoch);
}

void GuardLink::close_now() {
  impl_->order.deadline = base::Instant{};
  impl_->order.close = true;
  impl_->send();
  impl_->order.close = false;
}

bool GuardLink::alive() const { return impl_->alive.value_or(false); }
const std::optional<GuardReport>& GuardLink::last() const { return impl_->last; }
std::optional<base::Instant> GuardLink::heard_at() const { return impl_->heard_at; }

}  // namespace sitecheck
