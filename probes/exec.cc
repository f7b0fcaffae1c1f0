#include "probes/exec.h"

namespace probes {

Observation judge_end(const io::SubprocessEnd& end) {
  Observation out;
  out.latency = end.took;
  out.detail = end.describe();
  if (!end.error.empty()) {
    out.outcome = Outcome::kMisconfigured;
  } else if (end.timed_out) {
    out.outcome = Outcome::kTimeout;
  } else if (end.ok()) {
    out.outcome = Outcome::kOk;
    out.detail.clear();
  } else {
    out.outcome = Outcome::kMismatch;
  }
  return out;
}

ExecProbe::ExecProbe(base::Loop& loop, ExecCheck check) : loop_(loop), check_(std::move(check)) {}

void ExecProbe::start(std::function<void(const Observation&)> on_done) {
  const auto sent_at = base::read_boot_clock();
  running_.reset();  // it is killed before another begins
  io::SubprocessOptions options{.argv = check_.argv, .environment = check_.environment, .timeout = check_.timeout};
  running_ = std::make_unique<io::Subprocess>(
      loop_, std::move(options), [this, sent_at, on_done = std::move(on_done)](const io::SubprocessEnd& end) {
        Observation seen = judge_end(end);
        seen.sent_at = sent_at;
        if (!seen.detail.empty()) seen.detail = check_.argv.front() + ": " + seen.detail;
        const auto call = on_done;  // it may start this again, or destroy it, and with it the function that runs
        call(seen);
      });
}

}  // namespace probes
