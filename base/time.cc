#include "base/time.h"

#include <array>
#include <cstdio>
#include <ctime>

namespace base {

namespace {

Duration read_clock(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return std::chrono::duration_cast<Duration>(seconds(ts.tv_sec) + nanoseconds(ts.tv_nsec));
}

}  // namespace

Instant read_boot_clock() { return Instant(read_clock(CLOCK_BOOTTIME)); }

WallTime read_wall_clock() { return WallTime(read_clock(CLOCK_REALTIME)); }

std::string format_local(WallTime t) {
  const std::time_t s = std::chrono::floor<seconds>(t.time_since_epoch()).count();
  std::tm tm{};
  localtime_r(&s, &tm);
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S", &tm);
  return out.data();
}

std::string format_utc(WallTime t) {
  const auto whole = std::chrono::floor<seconds>(t.time_since_epoch());
  const std::time_t s = whole.count();
  const auto ms = std::chrono::floor<milliseconds>(t.time_since_epoch() - whole).count();
  std::tm tm{};
  gmtime_r(&s, &tm);
  std::array<char, 32> out{};
  std::strftime(out.data(), out.size(), "%Y-%m-%dT%H:%M:%S", &tm);
  std::array<char, 48> full{};
  std::snprintf(full.data(), full.size(), "%s.%03dZ", out.data(), static_cast<int>(ms));
  return full.data();
}

std::string format_duration(Duration d) {
  const bool negative = d < Duration::zero();
  const auto us = negative ? -d.count() : d.count();
  std::array<char, 48> out{};
  const char* sign = negative ? "-" : "";
  if (us < 10'000) {
    std::snprintf(out.data(), out.size(), "%s%.1f ms", sign, static_cast<double>(us) / 1e3);
  } else if (us < 1'000'000) {
    std::snprintf(out.data(), out.size(), "%s%lld ms", sign, static_cast<long long>(us / 1000));
  } else if (us < 60'000'000) {
    std::snprintf(out.data(), out.size(), "%s%.1f s", sign, static_cast<double>(us) / 1e6);
  } else if (us < 3'600'000'000) {
    std::snprintf(out.data(), out.size(), "%s%lld m %lld s", sign, static_cast<long long>(us / 60'000'000),
                  static_cast<long long>(us / 1'000'000 % 60));
  } else {
    std::snprintf(out.data(), out.size(), "%s%lld h %lld m", sign, static_cast<long long>(us / 3'600'000'000),
                  static_cast<long long>(us / 60'000'000 % 60));
  }
  return out.data();
}

}  // namespace base
