// An external monitor: a program that looks for itself. Exit status 0 is ok, every other is kMismatch; a program that
// cannot be started is kMisconfigured. One that outlives the timeout is killed with all that it started. The last line
// that it prints is what people are shown.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/io/subprocess.h"
#include "probes/probe.h"

namespace probes {

struct ExecCheck {
  std::vector<std::string> argv;  // the program and its arguments
  // All that it finds in its environment, besides PATH, HOME and LANG.
  std::vector<std::pair<std::string, std::string>> environment;
  base::Duration timeout = base::seconds(5);
};

class ExecProbe final : public Probe {
 public:
  ExecProbe(base::Loop& loop, ExecCheck check);
  void start(std::function<void(const Observation&)> on_done) override;
  void cancel() override { running_.reset(); }

 private:
  base::Loop& loop_;
  ExecCheck check_;
  std::unique_ptr<io::Subprocess> running_;
};

// What the end of the program says; `sent_at` is left alone.
[[nodiscard]] Observation judge_end(const io::SubprocessEnd& end);

}  // namespace probes
