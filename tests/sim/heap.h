// The event heap: what happens next, by (time, order of scheduling). A happening is a small callable that is kept where
// it was put until it has run: nothing is allocated per event once the heap has grown.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "tests/sim/scenario.h"

namespace sim {

class Heap {
 public:
  Heap() = default;
  Heap(const Heap&) = delete;
  Heap& operator=(const Heap&) = delete;
  ~Heap() {
    for (const Entry& e : queue_) slot(e.slot).run(slot(e.slot).room, false);
  }

  [[nodiscard]] Time now() const { return now_; }
  template <typename Happening>
  void at(Time when, Happening happening) {
    static_assert(sizeof(Happening) <= kRoom && alignof(Happening) <= alignof(std::max_align_t));
    const std::uint32_t index = take_slot();
    Slot& s = slot(index);
    ::new (static_cast<void*>(s.room)) Happening(std::move(happening));
    s.run = [](std::byte* room, bool now) {
      auto* const what = std::launder(reinterpret_cast<Happening*>(room));
      if (now) (*what)();
      what->~Happening();
    };
    push({when < now_ ? now_ : when, next_++, index});
  }
  template <typename Happening>
  void after(Time delay, Happening happening) {
    at(now_ + delay, std::move(happening));
  }
  void run_until(Time end) {
    while (!stopped_ && !queue_.empty() && queue_.front().when <= end) {
      const Entry e = pop();
      now_ = e.when;
      slot(e.slot).run(slot(e.slot).room, true);
      free_.push_back(e.slot);
    }
    if (!stopped_) now_ = end;
  }
  void stop() { stopped_ = true; }
  [[nodiscard]] bool stopped() const { return stopped_; }

 private:
  static constexpr std::size_t kRoom = 112;
  static constexpr std::size_t kChunk = 32;
  struct Slot {
    void (*run)(std::byte*, bool) = nullptr;
    alignas(std::max_align_t) std::byte room[kRoom];
  };
  struct Entry {
    Time when;
    std::uint32_t order;
    std::uint32_t slot;
    [[nodiscard]] bool before(const Entry& o) const { return when != o.when ? when < o.when : order < o.order; }
  };

  // A heap of four branches: half as deep as one of two, and the children of an entry share a cache line.
  void push(const Entry& e) {
    std::size_t hole = queue_.size();
    queue_.push_back(e);
    while (hole > 0 && e.before(queue_[(hole - 1) / 4])) {
      queue_[hole] = queue_[(hole - 1) / 4];
      hole = (hole - 1) / 4;
    }
    queue_[hole] = e;
  }
  Entry pop() {
    const Entry top = queue_.front();
    const Entry last = queue_.back();
    queue_.pop_back();
    const std::size_t size = queue_.size();
    std::size_t hole = 0;
    for (std::size_t child = 1; child < size; child = 4 * hole + 1) {
      const std::size_t end = std::min(child + 4, size);
      for (std::size_t i = child + 1; i < end; ++i) {
        if (queue_[i].before(queue_[child])) child = i;
      }
      if (!queue_[child].before(last)) break;
      queue_[hole] = queue_[child];
      hole = child;
    }
    if (size > 0) queue_[hole] = last;
    return top;
  }

  [[nodiscard]] Slot& slot(std::uint32_t index) { return chunks_[index / kChunk][index % kChunk]; }
  std::uint32_t take_slot() {
    if (free_.empty()) {
      const auto first = static_cast<std::uint32_t>(chunks_.size() * kChunk);
      chunks_.push_back(std::make_unique_for_overwrite<Slot[]>(kChunk));
      for (std::uint32_t i = kChunk; i > 0; --i) free_.push_back(first + i - 1);
    }
    const auto index = free_.back();
    free_.pop_back();
    return index;
  }

  Time now_ = 0;
  std::uint32_t next_ = 0;
  bool stopped_ = false;
  std::vector<Entry> queue_;
  std::vector<std::unique_ptr<Slot[]>> chunks_;
  std::vector<std::uint32_t> free_;
};

}  // namespace sim
