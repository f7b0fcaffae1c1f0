#include "sitecheck/io/event_rate.h"

#include <utility>

namespace sitecheck {

namespace {

constexpr std::size_t kMostNames = 100;

}  // namespace

bool matches_glob(std::string_view pattern, std::string_view text) {
  std::size_t p = 0;
  std::size_t t = 0;
  std::size_t star = pattern.npos;  // the last one seen, and where its text began
  std::size_t from = 0;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      from = t;
    } else if (p < pattern.size() && pattern[p] == text[t]) {
      ++p;
      ++t;
    } else if (star != pattern.npos) {
      p = star + 1;
      t = ++from;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '*') ++p;
  return p == pattern.size();
}

void EventRate::forget(base::Instant now) {
  while (!began_.empty() && now - began_.front() >= per_) began_.pop_front();
}

bool EventRate::admit(const std::string& event, base::Instant now) {
  forget(now);
  // What is held back is told first, so that the order stays.
  if (held_.count == 0 && !full()) {
    began_.push_back(now);
    return true;
  }
  ++held_.count;
  const bool known = held_.events.contains(event) || held_.events.size() < kMostNames;
  ++held_.events[known ? event : "others"];
  return false;
}

std::optional<base::Instant> EventRate::next() const {
  if (held_.count == 0) return std::nullopt;
  if (!full()) return base::Instant::min();
  return began_.front() + per_;
}

std::optional<EventRate::HeldBack> EventRate::take(base::Instant now) {
  forget(now);
  if (held_.count == 0 || full()) return std::nullopt;
  began_.push_back(now);
  return std::exchange(held_, {});
}

}  // namespace sitecheck
