// Time as an argument. Only `main` and the loop adapters read a real clock; every core is told the time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace base {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;
using Duration = std::chrono::microseconds;

// CLOCK_BOOTTIME: grows through suspend, never jumps. Intervals, leases and ages use it (protocol.md: "wall clocks
// decide nothing"). It has no now(): a core cannot read it by accident.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock, duration>;
  static constexpr bool is_steady = true;
};
using Instant = BootClock::time_point;

// Wall time, for people and file names only; microseconds since 1970-01-01 UTC.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;

// The present, for main programs and loop adapters.
[[nodiscard]] Instant read_boot_clock();
[[nodiscard]] WallTime read_wall_clock();

// Whole milliseconds of `d`, towards zero.
[[nodiscard]] constexpr std::int64_t to_ms(Duration d) { return std::chrono::duration_cast<milliseconds>(d).count(); }

// "2026-11-22 02:21:47", local time.
[[nodiscard]] std::string format_local(WallTime t);
// "2026-11-22T02:21:47.123Z", UTC.
[[nodiscard]] std::string format_utc(WallTime t);
// "3.2 s", "250 ms", "5 m", "2 h": one or two significant parts, for people.
[[nodiscard]] std::string format_duration(Duration d);

}  // namespace base
