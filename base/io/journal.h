// An append-only file of JSON lines, rotated by size: PATH is being written, PATH.1 is the one before, and so on.
// Each line is an object that begins with its wall time: {"time":"2026-11-22T02:21:47.123Z",…}.
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "base/time.h"

namespace io {

struct JournalOptions {
  std::size_t max_bytes = std::size_t{16} << 20;  // of one file; rotated before a line would pass it
  unsigned keep = 4;                              // older files kept: PATH.1 … PATH.keep
};

class Journal {
 public:
  // Opens or creates PATH. A torn last line (a crash within a write) is ended, so that the next begins on its own.
  // Error names the path.
  [[nodiscard]] static base::Result<Journal> open(std::filesystem::path path, JournalOptions options = {});

  // Adds one line: the fields of `object`, the text of a JSON object on one line without a member "time", after the
  // time. Error: disk full, not writable, or `object` is no object text. Not fsynced: a journal tells, it decides
  // nothing.
  [[nodiscard]] base::Result<void> append(base::WallTime now, std::string_view object);
  // What time, comma and newline add to an object, at most.
  static constexpr std::size_t kTimeBytes = 37;
  // Begins a new file now if so many bytes more would not fit, so that what follows stands together. A failure shows
  // with the next line.
  void make_room(std::size_t bytes);
  // How many files were begun here: another number, another file.
  [[nodiscard]] std::uint64_t file() const { return file_; }

 private:
  Journal(std::filesystem::path path, JournalOptions options) : path_(std::move(path)), options_(options) {}
  base::Result<void> reopen();
  base::Result<void> rotate();

  std::filesystem::path path_;
  JournalOptions options_;
  base::Fd fd_;
  std::size_t size_ = 0;
  std::uint64_t file_ = 1;
};

struct JournalFilter {
  std::optional<std::size_t> last;      // at most so many, the newest
  std::optional<base::WallTime> since;  // none older, to the millisecond
  std::string without{};                // no line that is of this event, its first field after the time
};

inline constexpr std::size_t kLongestJournalLine = std::size_t{4} << 20;

// What was left out: a line that is torn (a crash within a write, a disk that was full), or no journal line at all.
struct JournalSkip {
  std::string file;
  std::size_t line = 0;  // from 1
  std::string why;
  [[nodiscard]] std::string to_string() const { return file + ":" + std::to_string(line) + ": skipped: " + why; }
  bool operator==(const JournalSkip&) const = default;
};

struct JournalText {
  static constexpr std::size_t kMostSkipsTold = 20;
  std::vector<std::string> lines;  // oldest first, without their newlines
  std::vector<JournalSkip> skips;  // the newest ones, oldest first
  std::size_t skipped = 0;         // all of them
};

// The journal at `path` over its rotated files. One that does not exist yet is empty. Error: a file cannot be read.
[[nodiscard]] base::Result<JournalText> read_journal_text(const std::filesystem::path& path,
                                                          const JournalFilter& filter = {});
// Its lines alone.
[[nodiscard]] base::Result<std::vector<std::string>> read_journal(const std::filesystem::path& path,
                                                                  const JournalFilter& filter = {});

}  // namespace io
