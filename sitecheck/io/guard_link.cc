#include "sitecheck/io/guard_link.h"

#include <algorithm>
#include <utility>

namespace sitecheck {

namespace {

constexpr const char* kOtherNodes =
    "the guard watches other nodes than this site's configuration has: reload the guard (SIGHUP)";

bool closes(GuardWish wish) { return wish == GuardWish::kCut || wish == GuardWish::kClose; }

}  // namespace

struct GuardLink::Impl {
  Impl(base::Loop& l, GuardLinkSettings s, std::function<void(bool, const std::string&)> call);

  void tick();
  void send();
  void take(const GuardReport& report);
  void set_alive(bool now_alive, const std::string& message);
  void end_arm(bool ok, const std::string& message);
  void want(GuardWish wish, base::Instant deadline);
  [[nodiscard]] GuardWish holding() const { return admitted ? GuardWish::kRenew : GuardWish::kArm; }
  [[nodiscard]] bool watches_ours() const { return !last || !settings.nodes || last->nodes == *settings.nodes; }
  [[nodiscard]] std::string why_not() const;

  GuardLinkSettings settings;
  std::function<void(bool, const std::string&)> on_change;
  std::unique_ptr<GuardChannel> channel;
  GuardOrder order;
  bool admitted = true;      // clients may come in while the permit lasts
  std::uint64_t wished = 0;  // seq of the first order with the present wish
  base::Instant wished_at;
  std::function<void(const GuardReport&)> on_answer;
  base::Instant latest;
  std::optional<GuardReport> last;
  std::optional<base::Instant> heard_at;
  std::optional<bool> alive;
  std::string trouble;  // of the channel; empty: there is one
  base::Timer turn;
  base::Timer arm_limit;
  base::Instant arm_deadline;
  std::function<void(bool, const std::string&)> arm_done;
};

GuardLink::Impl::Impl(base::Loop& l, GuardLinkSettings s, std::function<void(bool, const std::string&)> call)
    : settings(std::move(s)),
      on_change(std::move(call)),
      turn(l, [this] { tick(); }),
      arm_limit(l, [this] { end_arm(false, why_not()); }) {
  GuardChannel::Calls calls;
  calls.on_report = [this](const GuardReport& report) { take(report); };
  calls.on_end = [this] { turn.start(base::Duration::zero(), settings.interval); };  // tells, and looks for another
  calls.on_ready = [this] { turn.start(base::Duration::zero(), settings.interval); };
  channel = settings.remote ? remote_guard_channel(l, *settings.remote, std::move(calls))
                            : local_guard_channel(l, settings.socket, std::move(calls));
  order.kernel = settings.kernel;
}

void GuardLink::Impl::tick() {
  const auto there = channel->maintain();
  trouble = there ? "" : there.error().message;
  const auto now = base::read_boot_clock();
  if (closes(order.wish) && now - wished_at > settings.patience) order.wish = holding();
  if (there) send();
  if (heard_at && now - *heard_at > settings.patience) set_alive(false, "the guard does not answer");
  if (!there) set_alive(false, trouble);
}

void GuardLink::Impl::send() {
  ++order.seq;
  channel->send(order);
}

void GuardLink::Impl::take(const GuardReport& report) {
  last = report;
  heard_at = base::read_boot_clock();
  // Whether it reaches the database matters when it is armed. A guard beside a dead mysqld is a guard all the same.
  set_alive(watches_ours(), watches_ours() ? "" : kOtherNodes);
  if (arm_done && watches_ours() && report.ready && report.state == GuardState::kOpen &&
      report.deadline >= arm_deadline) {
    end_arm(true, "the guard holds the deadline");
  }
  if (wished == 0 || report.seq < wished || report.state == GuardState::kOpen) return;
  order.wish = holding();  // heard: it need not be said again
  if (const auto call = on_answer) call(report);
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

void GuardLink::Impl::want(GuardWish wish, base::Instant deadline) {
  order.wish = wish;
  order.deadline = deadline;
  latest = std::max(latest, deadline);
  on_answer = nullptr;
  wished = closes(wish) ? order.seq + 1 : 0;
  wished_at = base::read_boot_clock();
  send();
}

std::string GuardLink::Impl::why_not() const {
  if (!trouble.empty()) return trouble;
  if (!last) return "the guard has not answered";
  if (!watches_ours()) return kOtherNodes;
  if (!last->ready) return "the guard cannot fence: " + last->message;
  if (last->state == GuardState::kClosing) return "the guard is still closing: " + last->message;
  return "the guard did not take the deadline";
}

GuardLink::GuardLink(base::Loop& loop, GuardLinkSettings settings,
                     std::function<void(bool, const std::string&)> on_change)
    : impl_(std::make_unique<Impl>(loop, std::move(settings), std::move(on_change))) {}
GuardLink::~GuardLink() = default;

void GuardLink::start() { impl_->turn.start(base::Duration::zero(), impl_->settings.interval); }

void GuardLink::expect(std::uint64_t nodes) {
  impl_->settings.nodes = nodes;
  if (impl_->alive && !impl_->watches_ours()) impl_->set_alive(false, kOtherNodes);
}

void GuardLink::renew(base::Instant deadline, ecv::Epoch epoch) {
  impl_->order.epoch = epoch;
  impl_->want(impl_->holding(), deadline);
}

void GuardLink::arm(base::Instant deadline, ecv::Epoch epoch, base::Duration limit,
                    std::function<void(bool, const std::string&)> done) {
  if (impl_->arm_done) impl_->end_arm(false, "a newer deadline came");
  impl_->arm_deadline = deadline;
  impl_->arm_done = std::move(done);
  impl_->arm_limit.start(limit);
  impl_->admitted = false;
  renew(deadline, epoch);
}

void GuardLink::admit() {
  impl_->admitted = true;
  impl_->want(GuardWish::kRenew, impl_->order.deadline);
}

void GuardLink::close(bool hard, std::function<void(const GuardReport&)> on_answer) {
  impl_->admitted = false;
  impl_->want(hard ? GuardWish::kClose : GuardWish::kCut, base::Instant{});
  impl_->on_answer = std::move(on_answer);
}

bool GuardLink::alive() const { return impl_->alive.value_or(false); }
const std::optional<GuardReport>& GuardLink::last() const { return impl_->last; }
std::optional<base::Instant> GuardLink::heard_at() const { return impl_->heard_at; }
base::Instant GuardLink::latest_deadline() const { return impl_->latest; }

}  // namespace sitecheck
