// How often the event hook may run, and what was held back meanwhile. Pure.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace sitecheck {

// True if `text` is as `pattern` says, where each * stands for any text.
[[nodiscard]] bool matches_glob(std::string_view pattern, std::string_view text);

// At most `runs` in any span of `per`.
class EventRate {
 public:
  EventRate(int runs, base::Duration per) : runs_(runs), per_(per) {}

  // True: run now (it is counted). False: the event is held back and counted under its name.
  [[nodiscard]] bool admit(const std::string& event, base::Instant now);
  // When what is held back may be told; nothing if nothing is.
  [[nodiscard]] std::optional<base::Instant> next() const;

  struct HeldBack {
    std::uint64_t count = 0;
    std::map<std::string, std::uint64_t> events;  // by name; beyond 100 names the rest stands under "others"
  };
  // What was held back, told by a run that is counted; nothing if nothing is, or it is too early.
  [[nodiscard]] std::optional<HeldBack> take(base::Instant now);

 private:
  void forget(base::Instant now);
  [[nodiscard]] bool full() const { return began_.size() >= static_cast<std::size_t>(runs_); }

  int runs_;
  base::Duration per_;
  std::deque<base::Instant> began_;  // runs within the last `per_`
  HeldBack held_;
};

}  // namespace sitecheck
