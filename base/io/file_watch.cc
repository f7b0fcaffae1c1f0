#include "base/io/file_watch.h"

#include <fnmatch.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "base/fd.h"

namespace io {

namespace {

// A file in place that was written and closed, or that came, went or changed its name or rights.
constexpr std::uint32_t kEvents =
    IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB | IN_ONLYDIR;

std::filesystem::path folder_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

}  // namespace

class FileWatch::Impl {
 public:
  Impl(base::Loop& loop, base::Duration quiet, std::function<void()> on_change)
      : loop_(loop), quiet_(quiet), timer_(loop, std::move(on_change)) {}

  // The watches of a descriptor end with it: a new list has a new one, and no event of the old list comes late.
  base::Result<void> watch(const std::vector<std::filesystem::path>& files) {
    poll_.reset();
    names_.clear();
    inotify_ = base::Fd(inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
    if (!inotify_) return base::fail(std::string("inotify: ") + std::strerror(errno));
    base::Result<void> out;
    for (const auto& file : files) {
      std::error_code ec;
      const auto real = std::filesystem::weakly_canonical(file, ec);
      for (const auto& path : {file, ec ? file : real}) {
        if (auto added = add(path); !added && out) out = std::move(added);
      }
    }
    poll_.emplace(loop_, inotify_.get(), [this](int, int) { receive(); });
    poll_->start(base::Poll::kReadable);
    return out;
  }

 private:
  base::Result<void> add(const std::filesystem::path& file) {
    const auto folder = folder_of(file);
    const int number = inotify_add_watch(inotify_.get(), folder.c_str(), kEvents);
    if (number < 0) return base::fail("folder " + folder.string() + " cannot be watched: " + std::strerror(errno));
    names_[number].insert(file.filename().string());
    return {};
  }

  void receive() {
    alignas(inotify_event) std::array<char, 16384> buffer;
    bool ours = false;
    for (;;) {
      const ssize_t size = read(inotify_.get(), buffer.data(), buffer.size());
      if (size <= 0) break;
      for (ssize_t at = 0; at < size;) {
        inotify_event event;
        std::memcpy(&event, buffer.data() + at, sizeof event);
        ours = concerns(event, buffer.data() + at + sizeof event) || ours;
        at += static_cast<ssize_t>(sizeof event + event.len);
      }
    }
    if (ours) timer_.start(quiet_);
  }

  // Events were lost (IN_Q_OVERFLOW) or a folder went away (IN_IGNORED): any file may have changed.
  [[nodiscard]] bool concerns(const inotify_event& event, const char* name) const {
    if ((event.mask & (IN_Q_OVERFLOW | IN_IGNORED)) != 0) return true;
    const auto folder = names_.find(event.wd);
    if (folder == names_.end() || event.len == 0) return false;
    return folder->second.contains(name) ||
           std::any_of(folder->second.begin(), folder->second.end(), [name](const std::string& pattern) {
             return pattern.find_first_of("*?[") != std::string::npos &&
                    fnmatch(pattern.c_str(), name, FNM_PERIOD) == 0;
           });
  }

  base::Loop& loop_;
  const base::Duration quiet_;
  base::Fd inotify_;
  std::map<int, std::set<std::string>> names_;  // by folder's watch: names of files in it
  base::Timer timer_;
  std::optional<base::Poll> poll_;  // goes before its descriptor
};

FileWatch::FileWatch(base::Loop& loop, base::Duration quiet, std::function<void()> on_change)
    : impl_(std::make_unique<Impl>(loop, quiet, std::move(on_change))) {}
FileWatch::~FileWatch() = default;

base::Result<void> FileWatch::watch(const std::vector<std::filesystem::path>& files) { return impl_->watch(files); }

}  // namespace io
