#include "tests/sim/soak.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <mutex>
#include <set>
#include <thread>
#include <vector>

namespace sim {

namespace {

constexpr std::uint64_t kPortion = 100;
constexpr auto kProgress = std::chrono::seconds(10);

class Run {
 public:
  Run(const Soak& soak, const Mutant& mutant) : soak_(&soak), mutant_(&mutant), next_(soak.from) {}

  Tally all() {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < std::max(soak_->jobs, 1U); ++i) threads.emplace_back([this] { work(); });
    work();
    for (auto& thread : threads) thread.join();
    tally_.took = seconds();
    tally_.cpu = static_cast<double>(std::clock() - clock_) / CLOCKS_PER_SEC;
    return tally_;
  }

 private:
  [[nodiscard]] double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin_).count();
  }

  void work() {
    const std::uint64_t end = soak_->from + soak_->seeds;
    while (!stop_) {
      const std::uint64_t first = next_.fetch_add(kPortion);
      if (first >= end) return;
      const std::uint64_t last = std::min(first + kPortion, end);
      {
        const std::lock_guard lock(mutex_);
        under_way_.insert(first);
      }
      Tally part;
      for (std::uint64_t seed = first; seed < last && !stop_; ++seed) one(seed, part);
      finish(first, part);
    }
  }

  void one(std::uint64_t seed, Tally& part) {
    const auto out = run(draw(seed, soak_->arbiter, mutant_->weakness), *mutant_);
    ++part.seeds;
    part.lasted += out.lasted;
    part.promised += out.promised ? 1 : 0;
    part.breached += out.breaches > 0 ? 1 : 0;
    part.coverage.add(out.coverage);
    if (out.failure.empty()) return;
    ++part.failed;
    part.first = std::min(part.first.value_or(seed), seed);
    const std::lock_guard lock(mutex_);
    if (!real(*mutant_) && !soak_->all) stop_ = true;
    if (++printed_ <= (soak_->all ? 0 : 10))
      std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), out.failure.c_str());
    std::fflush(stdout);
  }

  void finish(std::uint64_t first, const Tally& part) {
    const std::lock_guard lock(mutex_);
    under_way_.erase(first);
    tally_.seeds += part.seeds;
    tally_.lasted += part.lasted;
    tally_.failed += part.failed;
    tally_.promised += part.promised;
    tally_.breached += part.breached;
    tally_.coverage.add(part.coverage);
    if (part.first) tally_.first = std::min(tally_.first.value_or(*part.first), *part.first);
    const auto now = std::chrono::steady_clock::now();
    if (!soak_->progress || now - told_ < kProgress) return;
    told_ = now;
    const std::uint64_t open = under_way_.empty() ? next_.load() : *under_way_.begin();
    std::fprintf(
        stderr, "%llu of %llu seeds, %llu failed, %.0f seeds/s; to go on from here: --from %llu --seeds %llu\n",
        static_cast<unsigned long long>(tally_.seeds), static_cast<unsigned long long>(soak_->seeds),
        static_cast<unsigned long long>(tally_.failed), static_cast<double>(tally_.seeds) / seconds(),
        static_cast<unsigned long long>(open), static_cast<unsigned long long>(soak_->from + soak_->seeds - open));
  }

  const Soak* soak_;
  const Mutant* mutant_;
  std::atomic<std::uint64_t> next_;
  std::atomic<bool> stop_ = false;
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  std::clock_t clock_ = std::clock();
  std::mutex mutex_;  // of what follows
  std::chrono::steady_clock::time_point told_ = begin_;
  std::set<std::uint64_t> under_way_;
  Tally tally_;
  int printed_ = 0;
};

}  // namespace

Tally soak(const Soak& soak, const Mutant& mutant) { return Run(soak, mutant).all(); }

}  // namespace sim
