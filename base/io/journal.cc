#include "base/io/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "base/file.h"

namespace io {

namespace {

constexpr std::string_view kOpening = R"({"time":")";
constexpr std::size_t kTimeLength = 24;  // 2026-11-22T02:21:47.123Z
constexpr std::size_t kMostRead = std::size_t{1} << 30;

base::Result<void> fail_errno(const std::string& what, const std::filesystem::path& path) {
  return base::fail(what + " journal " + path.string() + ": " + std::strerror(errno));
}

std::filesystem::path rotated(const std::filesystem::path& path, unsigned index) {
  if (index == 0) return path;
  auto out = path;
  out += "." + std::to_string(index);
  return out;
}

bool present(const std::filesystem::path& path) { return ::access(path.c_str(), F_OK) == 0; }

base::Result<void> write_all(int fd, std::string_view left, const std::filesystem::path& path) {
  while (!left.empty()) {
    const ssize_t n = ::write(fd, left.data(), left.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail_errno("cannot write", path);
    left.remove_prefix(static_cast<std::size_t>(n));
  }
  return {};
}

// The time of a journal line; empty if it is none.
std::string_view time_of(std::string_view line) {
  if (line.size() < kOpening.size() + kTimeLength + 2 || line.substr(0, kOpening.size()) != kOpening) return {};
  if (line[kOpening.size() + kTimeLength] != '"') return {};
  return line.substr(kOpening.size(), kTimeLength);
}

// What stands behind the time of a journal line.
std::string_view after_time(std::string_view line) { return line.substr(kOpening.size() + kTimeLength + 1); }

// Why it is no line of a journal; empty if it is one.
std::string fault_of(std::string_view line) {
  if (line.size() > kLongestJournalLine) return "longer than " + std::to_string(kLongestJournalLine >> 20) + " MiB";
  if (time_of(line).empty()) return "torn, or no line of a journal: it does not begin with its time";
  return nlohmann::json::accept(line) ? "" : "torn, or no line of a journal: it is no JSON";
}

// Takes the lines of one file that pass the filter, newest first, until there are `most` of them.
class Taker {
 public:
  // `without`: what the lines that are left out have after their time.
  Taker(std::string_view since, std::string_view without, std::size_t most, JournalText& out)
      : since_(since), without_(without), most_(most), out_(out) {}

  void take(const std::string& file, std::string_view text) {
    const std::string_view all = text;
    while (!text.empty() && !full()) {
      if (text.back() == '\n') text.remove_suffix(1);
      const auto newline = text.rfind('\n');
      const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
      const auto line = text.substr(start);
      text = text.substr(0, start);
      if (line.empty()) continue;
      // Wall time may have been set back, so a line that is too old does not end the search.
      if (const auto time = time_of(line); !time.empty() && time < since_) continue;
      if (!without_.empty() && !time_of(line).empty() && after_time(line).starts_with(without_)) continue;
      if (auto why = fault_of(line); why.empty()) {
        out_.lines.emplace_back(line);
      } else {
        skip(file, all.substr(0, start), std::move(why));
      }
    }
  }
  [[nodiscard]] bool full() const { return out_.lines.size() >= most_; }

 private:
  void skip(const std::string& file, std::string_view before, std::string why) {
    if (++out_.skipped > JournalText::kMostSkipsTold) return;
    const auto line = static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n')) + 1;
    out_.skips.push_back({file, line, std::move(why)});
  }

  std::string_view since_;
  std::string_view without_;
  std::size_t most_;
  JournalText& out_;
};

}  // namespace

base::Result<Journal> Journal::open(std::filesystem::path path, JournalOptions options) {
  Journal out(std::move(path), options);
  if (auto opened = out.reopen(); !opened) return tl::unexpected(opened.error());
  return out;
}

base::Result<void> Journal::reopen() {
  fd_.reset(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0640));
  if (!fd_) return fail_errno("cannot open", path_);
  struct stat st {};
  if (::fstat(fd_.get(), &st) != 0 || !S_ISREG(st.st_mode)) {
    return base::fail("journal " + path_.string() + " is not a regular file");
  }
  size_ = static_cast<std::size_t>(st.st_size);
  char last = '\n';
  if (size_ > 0 && ::pread(fd_.get(), &last, 1, st.st_size - 1) != 1) return fail_errno("cannot read", path_);
  if (last == '\n') return {};
  ++size_;
  return write_all(fd_.get(), "\n", path_);
}

base::Result<void> Journal::rotate() {
  if (options_.keep == 0) {
    if (::ftruncate(fd_.get(), 0) != 0) return fail_errno("cannot empty", path_);
    size_ = 0;
    ++file_;
    return {};
  }
  for (unsigned i = options_.keep; i > 0; --i) {
    const auto from = rotated(path_, i - 1);
    if (!present(from)) continue;
    if (::rename(from.c_str(), rotated(path_, i).c_str()) != 0) return fail_errno("cannot rotate", path_);
  }
  ++file_;
  return reopen();
}

void Journal::make_room(std::size_t bytes) {
  if (fd_ && size_ > 0 && size_ + bytes > options_.max_bytes && !rotate()) fd_.reset();
}

base::Result<void> Journal::append(base::WallTime now, std::string_view object) {
  if (object.size() < 2 || object.front() != '{' || object.back() != '}' ||
      object.find('\n') != std::string_view::npos || !nlohmann::json::accept(object)) {
    return base::fail("journal " + path_.string() + ": not one line of a JSON object");
  }
  std::string line(kOpening);
  line += base::format_utc(now) + "\"";
  const auto fields = object.substr(1);
  if (fields.find_first_not_of(" \t") != fields.size() - 1) line += ",";
  line += fields;
  line += "\n";
  if (!fd_ || (size_ > 0 && size_ + line.size() > options_.max_bytes)) {
    if (auto ready = fd_ ? rotate() : reopen(); !ready) return ready;
  }
  // Counted even if it fails midway: part of it may be there.
  size_ += line.size();
  auto written = write_all(fd_.get(), line, path_);
  if (!written) fd_.reset();  // the next append opens anew, and ends the torn line
  return written;
}

base::Result<JournalText> read_journal_text(const std::filesystem::path& path, const JournalFilter& filter) {
  const std::string since = filter.since ? base::format_utc(*filter.since) : "";
  JournalText out;
  const std::string without = filter.without.empty() ? "" : R"(,"event":")" + filter.without + '"';
  Taker taker(since, without, filter.last.value_or(static_cast<std::size_t>(-1)), out);
  for (unsigned i = 0; !taker.full(); ++i) {
    const auto file = rotated(path, i);
    if (!present(file)) {
      if (i == 0) continue;  // a rotation may be under way, or the newest was taken away
      break;
    }
    auto text = base::read_file(file, kMostRead);
    if (!text) return tl::unexpected(text.error());
    taker.take(file.string(), *text);
  }
  std::reverse(out.lines.begin(), out.lines.end());
  std::reverse(out.skips.begin(), out.skips.end());
  return out;
}

base::Result<std::vector<std::string>> read_journal(const std::filesystem::path& path, const JournalFilter& filter) {
  auto text = read_journal_text(path, filter);
  if (!text) return tl::unexpected(text.error());
  return std::move(text->lines);
}

}  // namespace io
