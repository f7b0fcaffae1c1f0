// Running a loop until something happened; a test that waits in vain fails instead of hanging.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <functional>
#include <string>

#include "base/ip.h"
#include "base/uv.h"

namespace io_test {

// True as soon as `done()`; false after `limit`.
inline bool run_until(base::Loop& loop, const std::function<bool()>& done, base::Duration limit = base::seconds(10)) {
  const auto end = base::read_boot_clock() + limit;
  base::Timer tick(loop, [] {});  // so that the limit is seen
  tick.start(base::milliseconds(5), base::milliseconds(5));
  while (!done() && base::read_boot_clock() < end) loop.run_once(true);
  return done();
}

inline void run_for(base::Loop& loop, base::Duration time) {
  run_until(
      loop, [] { return false; }, time);
}

inline base::SocketAddress loopback(std::uint16_t port = 0) { return {base::IpAddress::v4({127, 0, 0, 1}), port}; }

// A folder of its own, removed at the end.
class TempFolder {
 public:
  explicit TempFolder(const std::filesystem::path& in = std::filesystem::temp_directory_path()) {
    std::string name = (in / "wideip-test-XXXXXX").string();
    path_ = mkdtemp(name.data());
  }
  ~TempFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;
  [[nodiscard]] std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

}  // namespace io_test
