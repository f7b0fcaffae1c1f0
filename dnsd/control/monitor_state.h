// What a row of looks makes of a monitor at one address: thresholds, time until up, hold-down, manual resume. Pure:
// time comes as an argument, nothing is looked at from here.
//
// Unknown is not up: until the first look nothing is known. The first look decides at once, both ways; thresholds are
// for changes. A look that proves nothing (the login is refused, this host has no sockets left) fails like any other,
// but a row of them makes the standing unknown instead of down.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "conf/monitor.h"
#include "probes/probe.h"

namespace control {

enum class MonitorValue : std::uint8_t {
  kUnknown,
  kUp,
  kDown,
  kDisabled,  // well, but it asks by itself for no new clients
};
// "unknown", "up", "down", "disabled".
[[nodiscard]] std::string_view name(MonitorValue v);

struct MonitorPolicy {
  int rise = 2;
  int fall = 3;
  base::Duration interval = base::seconds(5);
  base::Duration interval_down = base::seconds(5);
  base::Duration up_after{};
  base::Duration hold_down{};
  bool manual_resume = false;
  [[nodiscard]] static MonitorPolicy of(const conf::Monitor& monitor);
};

enum class Finding : std::uint8_t { kGood, kFailed, kDisabled, kProvesNothing };
[[nodiscard]] Finding finding_of(probes::Outcome outcome);

struct MonitorState {
  MonitorValue value = MonitorValue::kUnknown;
  base::Instant since{};                    // of the value; that of the begin while nothing is known
  int good = 0;                             // looks in a row, disabled ones among them
  int bad = 0;                              // failed looks in a row
  bool was_up = false;                      // since the begin, or since the last resume
  bool latched = false;                     // manual resume: a person is waited for
  std::optional<base::Instant> good_since;  // the begin of the row of good looks
  std::optional<base::Instant> fell_at;     // it went down from having been up

  // Up, but the latest look failed.
  [[nodiscard]] bool failing() const { return value == MonitorValue::kUp && bad > 0; }
};

// A look is over. True if the value changed.
bool take(MonitorState& state, const MonitorPolicy& policy, Finding found, base::Instant now);
// A person brings the member back: the present looks decide, without hold-down and time until up. False if nothing was
// waiting for that.
bool resume(MonitorState& state, const MonitorPolicy& policy, base::Instant now);
// Between the begins of two looks, as things stand.
[[nodiscard]] base::Duration pace(const MonitorState& state, const MonitorPolicy& policy);
// Why it is not up though the looks are good; empty if it is, or they are not. `now` for what is left of a time.
[[nodiscard]] std::string waits_for(const MonitorState& state, const MonitorPolicy& policy, base::Instant now);

// The value of a composite. `n` for at_least.
[[nodiscard]] MonitorValue combine(conf::MonitorKind kind, int n, std::span<const MonitorValue> parts);

}  // namespace control
