// Changes to a state that is too large to be written whole each time: a log beside a StateFile. Each entry is written
// and fsynced before append() returns, and tells which content of the StateFile it extends (its sequence number), so
// that a log that a newer content has overtaken counts for nothing.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace io {

class StateLog {
 public:
  struct Loaded {
    std::vector<std::string> entries;  // in the order in which they were appended
    // Behind a broken entry stand others: what was appended may be lost. A last entry that is not whole is no loss,
    // since its append() never returned.
    bool newer_may_be_lost = false;
  };

  // Touches nothing yet.
  explicit StateLog(std::filesystem::path path) : path_(std::move(path)) {}

  // The entries that extend content `base`; what follows is appended behind them. Error: the file is there and cannot
  // be read.
  [[nodiscard]] base::Result<Loaded> load(std::uint64_t base);
  // Empties the log: from now on it extends content `base`. Without an error only if the next append() is good.
  void begin(std::uint64_t base);
  // On an error what was appended before is still there. At most 16 MiB an entry.
  [[nodiscard]] base::Result<void> append(std::string_view content);
  // Bytes in the log.
  [[nodiscard]] std::uint64_t size() const { return end_; }

 private:
  [[nodiscard]] base::Result<void> open();

  std::filesystem::path path_;
  base::Fd file_;
  std::uint64_t base_ = 0;
  std::uint64_t count_ = 0;  // entries
  std::uint64_t end_ = 0;    // of the last good entry
};

}  // namespace io
