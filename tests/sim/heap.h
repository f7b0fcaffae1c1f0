// The event heap: what happens next, by (time, order of scheduling).
#pragma once

#include <cstdint>
#include <functional>
#include <queue>
#include <vector>

#include "tests/sim/scenario.h"

namespace sim {

class Heap {
 public:
  using Happening = std::function<void()>;

  [[nodiscard]] Time now() const { return now_; }
  [[nodiscard]] std::uint64_t count() const { return next_; }
  void at(Time when, Happening happening) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.push_back(std::move(happening));
    } else {
      slot = free_.back();
      free_.pop_back();
      slots_[slot] = std::move(happening);
    }
    queue_.push({when < now_ ? now_ : when, next_++, slot});
  }
  void after(Time delay, Happening happening) { at(now_ + delay, std::move(happening)); }
  void run_until(Time end) {
    while (!stopped_ && !queue_.empty() && queue_.top().when <= end) {
      const auto top = queue_.top();
      queue_.pop();
      now_ = top.when;
      const auto happening = std::move(slots_[top.slot]);
      slots_[top.slot] = nullptr;
      free_.push_back(top.slot);
      happening();
    }
    if (!stopped_) now_ = end;
  }
  void stop() { stopped_ = true; }

 private:
  struct Entry {
    Time when;
    std::uint64_t order;
    std::uint32_t slot;
    bool operator<(const Entry& o) const { return when != o.when ? when > o.when : order > o.order; }
  };
  Time now_ = 0;
  std::uint64_t next_ = 0;
  bool stopped_ = false;
  std::priority_queue<Entry> queue_;
  std::vector<Happening> slots_;
  std::vector<std::uint32_t> free_;
};

}  // namespace sim
