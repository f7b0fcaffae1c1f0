#include "sitecheck/io/child.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>

#include "base/fd.h"

namespace sitecheck {

namespace {

constexpr std::size_t kMaxInput = 65536;
constexpr std::size_t kMaxOutput = 4096;

struct Pipe {
  base::Fd read;
  base::Fd write;
};

bool make_pipe(Pipe& out) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return false;
  out.read.reset(ends[0]);
  out.write.reset(ends[1]);
  return true;
}

// What `fd` gives until it is closed; nothing if that does not come within `limit`.
bool read_all(int fd, base::Instant limit, std::string& out) {
  std::array<char, 1024> part{};
  for (;;) {
    const auto left = base::to_ms(limit - base::read_boot_clock());
    pollfd wait{fd, POLLIN, 0};
    const int ready = left <= 0 ? 0 : ::poll(&wait, 1, static_cast<int>(left));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return false;
    const ssize_t n = ::read(fd, part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return true;
    if (out.size() < kMaxOutput) out.append(part.data(), static_cast<std::size_t>(n));
  }
}

bool in_sbin(const std::string& program) { return ::access(("/usr/sbin/" + program).c_str(), X_OK) == 0; }

}  // namespace

base::Result<void> run_child(const std::vector<std::string>& args, const std::string& input, base::Duration limit) {
  const auto until = base::read_boot_clock() + limit;
  Pipe in;
  Pipe out;
  if (input.size() > kMaxInput) return base::fail(args[0] + ": too much input");
  if (!make_pipe(in) || !make_pipe(out)) return base::fail(args[0] + ": " + std::strerror(errno));
  // Before the child runs: the pipe holds it all, so nobody waits for anybody.
  if (::write(in.write.get(), input.data(), input.size()) != static_cast<ssize_t>(input.size())) {
    return base::fail(args[0] + ": " + std::strerror(errno));
  }
  in.write.reset();
  posix_spawn_file_actions_t files;
  ::posix_spawn_file_actions_init(&files);
  ::posix_spawn_file_actions_adddup2(&files, in.read.get(), 0);
  ::posix_spawn_file_actions_adddup2(&files, out.write.get(), 1);
  ::posix_spawn_file_actions_adddup2(&files, out.write.get(), 2);
  std::vector<std::string> words = args;
  if (words[0].find('/') == std::string::npos && in_sbin(words[0])) words[0] = "/usr/sbin/" + words[0];
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed = ::posix_spawnp(&pid, argv[0], &files, nullptr, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&files);
  if (failed != 0) return base::fail(args[0] + ": " + std::strerror(failed));
  out.write.reset();
  std::string said;
  const bool ended = read_all(out.read.get(), until, said);
  if (!ended) ::kill(pid, SIGKILL);
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  if (!ended) return base::fail(args[0] + ": no end within " + std::to_string(base::to_ms(limit)) + " ms");
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return base::fail(args[0] + ": " + (said.empty() ? "failed" : said.substr(0, said.find('\n'))));
}

}  // namespace sitecheck
