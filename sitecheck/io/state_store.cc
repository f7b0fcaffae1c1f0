#include "sitecheck/io/state_store.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace sitecheck {

struct StateStore::Impl {
  struct Job {
    std::string content;
    std::function<void(bool, const std::string&)> done;
  };
  struct Finished {
    std::function<void(bool, const std::string&)> done;
    bool ok;
    std::string message;
  };

  Impl(base::Loop& loop, std::filesystem::path path)
      : file(std::move(path)), wake(loop, [this] { deliver(); }), worker([this] { work(); }) {}
  ~Impl() {
    {
      const std::lock_guard hold(lock);
      stopping = true;
    }
    changed.notify_one();
    worker.join();
  }

  void work();
  void deliver();

  io::StateFile file;  // of the worker, once the first job is queued
  std::mutex lock;     // guards jobs, finished and stopping
  std::condition_variable changed;
  std::deque<Job> jobs;
  std::vector<Finished> finished;
  bool stopping = false;
  base::Async wake;
  std::thread worker;
};

void StateStore::Impl::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock hold(lock);
      changed.wait(hold, [this] { return stopping || !jobs.empty(); });
      if (jobs.empty()) return;
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    const auto stored = file.store(job.content);
    {
      const std::lock_guard hold(lock);
      finished.push_back({std::move(job.done), stored.has_value(), stored ? "" : stored.error().message});
    }
    wake.send();
  }
}

void StateStore::Impl::deliver() {
  std::vector<Finished> now;
  {
    const std::lock_guard hold(lock);
    now.swap(finished);
  }
  for (const auto& f : now) f.done(f.ok, f.message);
}

StateStore::StateStore(base::Loop& loop, std::filesystem::path path)
    : impl_(std::make_unique<Impl>(loop, std::move(path))) {}
StateStore::~StateStore() = default;

io::StateLoad StateStore::load() { return impl_->file.load(); }

void StateStore::store(std::string content, std::function<void(bool, const std::string&)> done) {
  {
    const std::lock_guard hold(impl_->lock);
    impl_->jobs.push_back({std::move(content), std::move(done)});
  }
  impl_->changed.notify_one();
}

}  // namespace sitecheck
