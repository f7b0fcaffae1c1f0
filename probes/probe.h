// One probe interface (style 7). A probe looks once and reports one observation; thresholds, hysteresis and repetition
// live outside. One thread, the loop's, owns a probe.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace probes {

enum class Outcome : std::uint8_t {
  kOk,
  kRefused,        // connection refused
  kUnreachable,    // no route to the host or network
  kTimeout,        // nothing, or not everything, within the timeout
  kReset,          // closed or reset before the end
  kProtocol,       // answers, but not in the protocol expected
  kMismatch,       // a valid answer with content that says "not this one": status, text, role
  kMisconfigured,  // the target refuses who asks, or the probe's settings are wrong; proves nothing about its health
  kDegraded,       // alive, but refusing work: too many connections (proves nothing about its death)
  kDisabled,       // well, but it asks by itself for no new work
};
// "ok", "refused", …: lower case, stable.
[[nodiscard]] std::string_view name(Outcome o);

struct Observation {
  Outcome outcome = Outcome::kTimeout;
  base::Instant sent_at;     // when the probe began
  base::Duration latency{};  // from then to the observation
  std::string detail;        // for people: one line, empty if all is well

  [[nodiscard]] bool ok() const { return outcome == Outcome::kOk; }
};

class Probe {
 public:
  Probe() = default;
  Probe(const Probe&) = delete;
  Probe& operator=(const Probe&) = delete;
  // Cancels what is under way; its callback then never runs.
  virtual ~Probe() = default;

  // Looks once. `on_done` runs exactly once, from the loop, never from within start(), at the latest when the probe's
  // timeout ends; it may start the probe again, or destroy it. A start while one is under way cancels that one.
  virtual void start(std::function<void(const Observation&)> on_done) = 0;
  virtual void cancel() = 0;
};

}  // namespace probes
