// Tells that files may have changed, so that a daemon can read them again: inotify(7) on their folders, which sees a
// file that is replaced by a rename, taken away, or made for the first time.
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "base/uv.h"

namespace io {

class FileWatch {
 public:
  // `on_change` runs on the loop, `quiet` after the last of several changes: an editor and a copy write more than once.
  FileWatch(base::Loop& loop, base::Duration quiet, std::function<void()> on_change);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  // From now on these files, which need not exist, instead of those before; the last part of a path may be a pattern of
  // glob(7). Where one is a symbolic link, what it points to is watched as well. Error: the first folder that cannot be
  // watched, and why; the others are.
  [[nodiscard]] base::Result<void> watch(const std::vector<std::filesystem::path>& files);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace io
