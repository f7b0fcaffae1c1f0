// The pool's two-slot state file behind a thread of its own: an fsync on a busy disk may take longer than a lease, and
// the loop must go on answering the peer meanwhile.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "base/io/state_file.h"
#include "base/uv.h"

namespace sitecheck {

class StateStore {
 public:
  StateStore(base::Loop& loop, std::filesystem::path path);
  // Waits for a store that is under way.
  ~StateStore();
  StateStore(const StateStore&) = delete;
  StateStore& operator=(const StateStore&) = delete;

  // Before the first store(); blocks.
  [[nodiscard]] io::StateLoad load();
  // Stores in order. `done(ok, message)` runs on the loop, after the content is on the disk or has failed.
  void store(std::string content, std::function<void(bool, const std::string&)> done);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sitecheck
