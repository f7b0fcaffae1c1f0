#include "sitecheck/io/local_process.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>
#include <vector>

#include "base/fd.h"
#include "base/file.h"
#include "base/time.h"

namespace sitecheck {

namespace {

constexpr std::size_t kMaxProcFile = 1U << 20U;

struct ProcessInfo {
  std::string name;
  char state = 'X';
  std::uint64_t started = 0;
};

std::filesystem::path proc(pid_t pid, const char* file) {
  return std::filesystem::path("/proc") / std::to_string(pid) / file;
}

// /proc files have no size, so that base::read_file (regular files of known size) does not fit.
std::optional<std::string> read_proc(const std::filesystem::path& path) {
  const base::Fd fd(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!fd) return std::nullopt;
  std::string out;
  char part[4096];
  for (;;) {
    const ssize_t n = ::read(fd.get(), part, sizeof part);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return std::nullopt;
    if (n == 0 || out.size() > kMaxProcFile) return out;
    out.append(part, static_cast<std::size_t>(n));
  }
}

// proc(5): "pid (name) state ppid …", the start time is field 22. The name may hold anything, a ')' too.
std::optional<ProcessInfo> inspect(pid_t pid) {
  const auto text = read_proc(proc(pid, "stat"));
  if (!text) return std::nullopt;
  const auto open = text->find('(');
  const auto close = text->rfind(')');
  if (open == std::string::npos || close == std::string::npos || close + 2 >= text->size()) return std::nullopt;
  ProcessInfo info;
  info.name = text->substr(open + 1, close - open - 1);
  info.state = (*text)[close + 2];
  std::size_t at = close + 2;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = text->find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  std::from_chars(text->data() + at + 1, text->data() + text->size(), info.started);
  return info;
}

bool is_server(const ProcessInfo& info) { return info.name == "mysqld" || info.name == "mariadbd"; }
bool has_ended(const ProcessInfo& info) { return info.state == 'Z' || info.state == 'X'; }

// The value of `--option=value` or `--option value` of the process; nothing if it does not name it.
std::optional<std::string> argument(pid_t pid, const std::string& option) {
  const auto text = read_proc(proc(pid, "cmdline"));
  if (!text) return std::nullopt;
  std::vector<std::string> words;
  for (std::size_t at = 0; at < text->size();) {
    const auto end = text->find('\0', at);
    words.push_back(text->substr(at, end - at));
    if (end == std::string::npos) break;
    at = end + 1;
  }
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with(option + "=")) return words[i].substr(option.size() + 1);
    if (words[i] == option && i + 1 < words.size()) return words[i + 1];
  }
  return std::nullopt;
}

bool same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  return std::filesystem::weakly_canonical(a, ignored) == std::filesystem::weakly_canonical(b, ignored);
}

}  // namespace

LocalProcess::LocalProcess(std::filesystem::path pid_file, std::uint16_t port)
    : pid_file_(std::move(pid_file)), port_(port) {}

std::optional<pid_t> LocalProcess::read_pid() const {
  const auto text = base::read_file(pid_file_, 64);
  if (!text) return std::nullopt;
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), pid);
  if (error != std::errc{} || pid <= 1) return std::nullopt;
  return pid;
}

ProcessState LocalProcess::look() {
  if (pid_file_.empty()) return ProcessState::kUnknown;
  if (const auto pid = read_pid()) {
    const auto info = inspect(*pid);
    if (info) return has_ended(*info) || !is_server(*info) ? ProcessState::kGone : ProcessState::kRunning;
    // /proc may hide the processes of other users: only "no such process" proves an end.
    return ::kill(*pid, 0) != 0 && errno == ESRCH ? ProcessState::kGone : ProcessState::kUnknown;
  }
  if (remembered_) {
    const auto info = inspect(remembered_->pid);
    const bool same = info && info->started == remembered_->started && !has_ended(*info);
    if (same) return ProcessState::kRunning;
  }
  return look_without_pid_file();
}

// A server removes its pid file last, when its sessions have ended; one that starts has no sessions yet. Servers of
// this host that name another pid file or port are others; one that names neither could be this one.
ProcessState LocalProcess::look_without_pid_file() const {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    const std::string number = entry.path().filename();
    pid_t pid = 0;
    if (std::from_chars(number.data(), number.data() + number.size(), pid).ec != std::errc{}) continue;
    const auto info = inspect(pid);
    if (!info || !is_server(*info) || has_ended(*info)) continue;
    if (const auto other = argument(pid, "--pid-file"); other && !same_file(*other, pid_file_)) continue;
    if (const auto other = argument(pid, "--port"); other && *other != std::to_string(port_)) continue;
    return ProcessState::kUnknown;
  }
  return error ? ProcessState::kUnknown : ProcessState::kGone;
}

void LocalProcess::remember() {
  const auto pid = pid_file_.empty() ? std::nullopt : read_pid();
  if (!pid) return;
  const auto info = inspect(*pid);
  if (info && is_server(*info) && !has_ended(*info)) remembered_ = Seen{*pid, info->started};
}

bool LocalProcess::is_ours(const Seen& seen) const {
  if (const auto named = argument(seen.pid, "--pid-file"); named && !same_file(*named, pid_file_)) return false;
  if (remembered_ == seen) return true;
  struct stat file {};
  if (::stat(pid_file_.c_str(), &file) != 0) return false;
  const auto since_boot =
      base::microseconds(seen.started * 1000000U / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK)));
  const auto age = base::read_boot_clock().time_since_epoch() - since_boot;
  const auto started = base::read_wall_clock() - age;
  const base::WallTime written(base::seconds(file.st_mtim.tv_sec));
  return started <= written + base::seconds(10);  // wall time: the file knows no other
}

base::Result<void> LocalProcess::kill() {
  if (pid_file_.empty()) return base::fail("no pid_file is configured");
  const auto pid = read_pid();
  if (!pid) return base::fail("no pid can be read from " + pid_file_.string());
  const base::Fd process(static_cast<int>(::syscall(SYS_pidfd_open, *pid, 0)));
  if (!process) return base::fail("process " + std::to_string(*pid) + ": " + std::strerror(errno));
  const auto info = inspect(*pid);
  if (!info || !is_server(*info)) return base::fail("process " + std::to_string(*pid) + " is no mysqld or mariadbd");
  if (has_ended(*info)) return base::fail("process " + std::to_string(*pid) + " has ended");
  if (!is_ours({*pid, info->started})) {
    return base::fail("process " + std::to_string(*pid) + " is not the server of " + pid_file_.string());
  }
  if (::syscall(SYS_pidfd_send_signal, process.get(), SIGKILL, nullptr, 0) != 0) {
    return base::fail("process " + std::to_string(*pid) + ": " + std::strerror(errno));
  }
  return {};
}

}  // namespace sitecheck
