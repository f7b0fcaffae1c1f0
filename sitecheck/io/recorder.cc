#include "sitecheck/io/recorder.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/fd.h"
#include "base/log.h"

namespace sitecheck {

namespace {

constexpr std::string_view kPrefix = "flight-";
constexpr std::string_view kSuffix = ".rec";
constexpr std::size_t kFlushAt = std::size_t{64} << 10;
constexpr base::Duration kFlushAfter = base::seconds(1);
constexpr std::size_t kMostWaiting = std::size_t{16} << 20;
constexpr std::size_t kMostFiles = 1000;

std::optional<std::uint64_t> number_of(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  const char* begin = name.data() + kPrefix.size();
  const char* end = name.data() + name.size() - kSuffix.size();
  std::uint64_t out = 0;
  const auto [stop, error] = std::from_chars(begin, end, out);
  return error == std::errc() && stop == end && begin < end ? std::optional(out) : std::nullopt;
}

std::filesystem::path file_name(const std::filesystem::path& folder, std::uint64_t number) {
  std::string digits = std::to_string(number);
  digits.insert(0, digits.size() < 6 ? 6 - digits.size() : 0, '0');
  return folder / (std::string(kPrefix) + digits + std::string(kSuffix));
}

// The files on the disk. Of the thread.
class Files {
 public:
  explicit Files(RecorderOptions options) : options_(std::move(options)) {
    const auto present = recordings(options_.folder);
    if (!present.empty()) next_ = *number_of(present.back()) + 1;
  }

  // "" or what went wrong.
  std::string begin(const base::Bytes& header) {
    make_room(options_.total_bytes - std::min(options_.total_bytes, options_.segment_bytes));
    const auto path = file_name(options_.folder, next_++);
    fd_.reset(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0600));
    if (!fd_) return path.string() + ": " + std::strerror(errno);
    return write(header);
  }
  std::string write(const base::Bytes& bytes) {
    for (std::size_t done = 0; done < bytes.size();) {
      const ssize_t n = ::write(fd_.get(), bytes.data() + done, bytes.size() - done);
      if (n < 0 && errno != EINTR) return std::string("the flight recording: ") + std::strerror(errno);
      if (n > 0) done += static_cast<std::size_t>(n);
    }
    return "";
  }

 private:
  // Removes the oldest until the rest takes `most` bytes at most.
  void make_room(std::size_t most) const {
    const auto present = recordings(options_.folder);
    std::size_t total = 0;
    std::size_t kept = 0;
    for (auto it = present.rbegin(); it != present.rend(); ++it) {
      std::error_code error;
      const auto size = std::filesystem::file_size(*it, error);
      total += error ? 0 : size;
      if (++kept < kMostFiles && total <= most) continue;
      std::filesystem::remove(*it, error);
    }
  }

  RecorderOptions options_;
  std::uint64_t next_ = 1;
  base::Fd fd_;
};

}  // namespace

std::vector<std::filesystem::path> recordings(const std::filesystem::path& folder) {
  std::vector<std::pair<std::uint64_t, std::filesystem::path>> found;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator(folder, error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    if (const auto number = number_of(it->path())) found.emplace_back(*number, it->path());
  }
  std::sort(found.begin(), found.end());
  std::vector<std::filesystem::path> out;
  for (auto& [number, path] : found) out.push_back(std::move(path));
  return out;
}

struct Recorder::Impl {
  struct Job {
    base::Bytes bytes;
    bool begins = false;  // a file
  };

  explicit Impl(RecorderOptions o) : options(o), files(std::move(o)) {}
  ~Impl() {
    {
      const std::lock_guard hold(lock);
      stopping = true;
    }
    changed.notify_one();
    if (worker.joinable()) worker.join();
  }

  void begin_segment();
  void hand_over(base::Bytes bytes, bool begins);
  void work();

  RecorderOptions options;
  FlightHeader header;
  FlightEncoder encoder;
  std::size_t segment_size = 0;
  base::Instant flushed_at;
  std::uint64_t steps = 0;
  base::Instant last;
  bool ended = false;

  Files files;      // of the worker, once it runs
  std::mutex lock;  // guards jobs, waiting, failed and stopping
  std::condition_variable changed;
  std::deque<Job> jobs;
  std::size_t waiting = 0;
  std::string failed;
  bool stopping = false;
  std::thread worker;
};

void Recorder::Impl::work() {
  for (;;) {
    Job job;
    {
      std::unique_lock hold(lock);
      changed.wait(hold, [this] { return stopping || !jobs.empty(); });
      if (jobs.empty()) return;
      job = std::move(jobs.front());
      jobs.pop_front();
      waiting -= job.bytes.size();
      if (!failed.empty()) continue;
    }
    std::string error = job.begins ? files.begin(job.bytes) : files.write(job.bytes);
    if (error.empty()) continue;
    const std::lock_guard hold(lock);
    failed = std::move(error);
  }
}

void Recorder::Impl::hand_over(base::Bytes bytes, bool begins) {
  std::string why;
  {
    const std::lock_guard hold(lock);
    why = failed;
    if (why.empty() && waiting + bytes.size() > kMostWaiting) why = "the disk is 16 MiB behind";
    if (why.empty()) {
      waiting += bytes.size();
      jobs.push_back({std::move(bytes), begins});
    }
  }
  if (why.empty()) return changed.notify_one();
  ended = true;
  base::log(base::Level::kWarn, "recorder.ended", "the flight recording ends here, until sitecheck is started again",
            {{"error", why}});
}

void Recorder::Impl::begin_segment() {
  header.first_step = steps;
  auto bytes = encoder.begin(header);
  ++header.segment;
  segment_size = bytes.size();
  hand_over(std::move(bytes), true);
}

Recorder::Recorder(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Recorder::~Recorder() { flush(); }

base::Result<std::unique_ptr<Recorder>> Recorder::open(RecorderOptions options, FlightHeader header) {
  auto impl = std::make_unique<Impl>(std::move(options));
  impl->header = std::move(header);
  impl->last = impl->flushed_at = impl->header.start;
  // The first file is begun here, so that a folder that cannot be written to is told at the start.
  if (auto error = impl->files.begin(impl->encoder.begin(impl->header)); !error.empty()) return base::fail(error);
  ++impl->header.segment;
  Impl* raw = impl.get();
  impl->worker = std::thread([raw] { raw->work(); });
  return std::unique_ptr<Recorder>(new Recorder(std::move(impl)));
}

void Recorder::step(base::Instant now, std::span<const core::Event> events, std::span<const core::Action> actions) {
  auto& r = *impl_;
  if (r.ended) return;
  if (r.segment_size >= r.options.segment_bytes) {
    flush();
    r.header.start = r.last;
    r.header.wall = base::read_wall_clock();
    r.begin_segment();
  }
  r.encoder.step(now, events, hash_actions(actions));
  r.last = now;
  ++r.steps;
  const bool told = std::any_of(actions.begin(), actions.end(),
                                [](const auto& a) { return std::holds_alternative<core::Journal>(a); });
  if (told || r.encoder.block_size() >= kFlushAt || now - r.flushed_at >= kFlushAfter) flush();
}

void Recorder::reconfigure(base::Instant now, const core::Reconfiguration& change,
                           std::span<const core::Action> actions) {
  auto& r = *impl_;
  if (r.ended) return;
  flush();
  const auto mode = r.header.config.mode;
  r.header.config = change.config;
  r.header.config.mode = mode;
  r.header.loaded = change.loaded;
  r.header.start = r.last = now;
  r.header.wall = base::read_wall_clock();
  r.header.reconfigured = change.identity;
  r.header.wanted = hash_actions(actions);
  r.begin_segment();
  r.header.reconfigured.reset();
  ++r.steps;
}

void Recorder::flush() {
  auto& r = *impl_;
  r.flushed_at = r.last;
  auto block = r.encoder.end_block();
  if (block.empty() || r.ended) return;
  r.segment_size += block.size();
  r.hand_over(std::move(block), false);
}

}  // namespace sitecheck
