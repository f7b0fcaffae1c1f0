// One round over all checkpoints, in parallel: what tells a site that it is the one cut off (protocol.md rule 9).
// Each checkpoint gets two tries on fresh sockets within the timeout: the second begins when the first fails, at the
// latest at half the timeout, so that one lost SYN (sent again after a second only) does not lose the round.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/io/http_client.h"
#include "base/uv.h"
#include "conf/sitecheck.h"
#include "probes/probe.h"

namespace probes {

struct CheckpointResult {
  std::string id;
  bool ok = false;
  base::Duration latency{};  // of the try that succeeded, from its own begin
  std::string detail;        // why not: the outcome of the last try
};

struct Round {
  base::Instant begun_at;  // before the first try of any checkpoint
  base::Instant ended_at;
  std::vector<CheckpointResult> results;  // in the configuration's order
};

class CheckpointRunner {
 public:
  // `client` outlives the runner.
  CheckpointRunner(base::Loop& loop, io::HttpClient& client, std::vector<conf::Checkpoint> checkpoints,
                   base::Duration timeout);
  // Cancels a round under way.
  ~CheckpointRunner();
  CheckpointRunner(const CheckpointRunner&) = delete;
  CheckpointRunner& operator=(const CheckpointRunner&) = delete;

  // Begins a round. `on_done` runs once, from the loop, when every checkpoint has answered or the timeout ends. It may
  // begin the next round or destroy the runner. A round under way is dropped: its callback never runs. Without
  // checkpoints the round is empty and ends on the next turn of the loop.
  void begin(std::function<void(const Round&)> on_done);
  [[nodiscard]] bool busy() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace probes
