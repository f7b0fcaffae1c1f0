// Hands a new policy to a thread that serves: it takes it up between two batches.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "dnsd/data/policy.h"

namespace data {

class PolicySlot {
 public:
  // Any thread.
  void set(std::shared_ptr<const Policy> policy) {
    const std::lock_guard guard(lock_);
    next_ = std::move(policy);
    fresh_.store(true, std::memory_order_release);
  }
  // By the thread that serves; `present` stays as it is unless there is news. Costs one load then.
  void take(std::shared_ptr<const Policy>& present) {
    if (!fresh_.load(std::memory_order_acquire)) return;
    const std::lock_guard guard(lock_);
    fresh_.store(false, std::memory_order_relaxed);
    present = std::move(next_);
  }

 private:
  std::atomic<bool> fresh_{false};
  std::mutex lock_;  // guards next_
  std::shared_ptr<const Policy> next_;
};

}  // namespace data
