#include "sitecheck/io/fence_work.h"

#include <algorithm>
#include <utility>

namespace sitecheck {

namespace {

// A fence is as closed as its least closed node.
core::Closing worse(core::Closing a, core::Closing b) {
  if (a == core::Closing::kUnknown || b == core::Closing::kUnknown) return core::Closing::kUnknown;
  return a == core::Closing::kClosed ? b : a;
}

}  // namespace

FenceWork::FenceWork(base::Loop& loop, FenceTerms terms, Done done)
    : terms_(terms),
      done_(std::move(done)),
      limit_(loop, [this] { judge(true); }),
      kernel_(loop, [this] { judge(false); }) {}

std::function<void(const Closed&)> FenceWork::expect(const std::string& node) {
  ++waiting_;
  return [self = shared_from_this(), node](const Closed& closed) {
    self->nodes_ = worse(self->nodes_, closed.closing);
    self->message_ += (self->message_.empty() ? "" : "; ") + node + ": " + closed.message;
    --self->waiting_;
    self->judge(false);
  };
}

void FenceWork::begin() {
  if (!done_) return;
  if (waiting_ == 0) return end(core::Closing::kClosed, "no node of this site");
  limit_.start(terms_.limit);
  const auto left = terms_.guard_ends - base::read_boot_clock();
  if (terms_.needs_cut) kernel_.start(std::max<base::Duration>(left, base::Duration::zero()) + base::milliseconds(1));
}

void FenceWork::hear(const GuardReport& report) {
  guard_closed_ = report.state == GuardState::kClosed;
  guard_cut_ = report.cut;
  guard_message_ = report.message;
  judge(false);
}

bool FenceWork::cut() const { return !terms_.needs_cut || guard_cut_ || base::read_boot_clock() >= terms_.guard_ends; }

void FenceWork::judge(bool at_the_end) {
  if (!done_) return;
  const bool all_told = waiting_ == 0;
  const bool closed = all_told && nodes_ != core::Closing::kUnknown;
  if (closed && cut()) return end(nodes_, message_);
  if (guard_closed_ && cut() && (terms_.hard || all_told || at_the_end))
    return end(core::Closing::kProcessGone, "the guard beside mysqld confirmed it closed");
  // At the end only: until then a node may still be closed properly, and its transactions known.
  if ((at_the_end || all_told) && terms_.hard && terms_.needs_cut && guard_cut_) {
    return end(core::Closing::kProcessGone,
               "its clients are cut off by nft; mysqld itself is not confirmed: " + message_);
  }
  if (!at_the_end && !(all_told && !terms_.needs_cut && !closed)) return;
  std::string why = message_.empty() ? "no answer" : message_;
  if (closed) why = "the guard did not confirm that clients are cut off";
  if (!guard_message_.empty()) why += "; guard: " + guard_message_;
  end(core::Closing::kUnknown, why);
}

void FenceWork::end(core::Closing closing, const std::string& message) {
  limit_.stop();
  kernel_.stop();
  const auto call = std::exchange(done_, nullptr);
  call(closing, message);
}

}  // namespace sitecheck
