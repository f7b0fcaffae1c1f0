#include "base/io/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "base/fd.h"
#include "base/io/deadline.h"

namespace io {

namespace {

constexpr int kMostReads = 32;  // at a time: who prints without end shall not hold the loop
constexpr base::Duration kReapLimit = base::milliseconds(200);
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

// Lives until libuv's close callback, as base/uv.cc does it.
struct Process {
  uv_process_t uv{};
  std::function<void(std::int64_t, int)> on_exit;
};

struct ProcessCloser {
  void operator()(Process* p) const {
    p->on_exit = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&p->uv), [](uv_handle_t* h) { delete static_cast<Process*>(h->data); });
  }
};

// A file without a name that holds `text`, to be read from its beginning: unlike a pipe it takes any length at once.
base::Fd file_of(const std::string& text) {
  base::Fd file(::memfd_create("stdin", MFD_CLOEXEC));
  std::size_t at = 0;
  while (file && at < text.size()) {
    const ssize_t n = ::write(file.get(), text.data() + at, text.size() - at);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return base::Fd();
    at += static_cast<std::size_t>(n);
  }
  if (file && ::lseek(file.get(), 0, SEEK_SET) != 0) return base::Fd();
  return file;
}

std::vector<std::string> environment_of(const SubprocessOptions& options) {
  std::vector<std::string> out{std::string("PATH=") + kPath};
  for (const char* name : {"HOME", "LANG"}) {
    if (const char* value = std::getenv(name)) out.push_back(std::string(name) + "=" + value);
  }
  for (const auto& [name, value] : options.environment) {
    // What comes after a NUL would be lost without a word.
    out.push_back(name + "=" + value.substr(0, value.find('\0')));
  }
  return out;
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (auto& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

// After a SIGKILL, so that no zombie is left: libuv no longer looks for this child.
void reap(int pid) {
  const base::Fd fd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  pollfd ended{fd.get(), POLLIN, 0};
  if (fd) ::poll(&ended, 1, static_cast<int>(base::to_ms(kReapLimit)));
  ::waitpid(pid, nullptr, WNOHANG);
}

std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  const auto begin = text.rfind('\n');
  return begin == text.npos ? text : text.substr(begin + 1);
}

}  // namespace

std::string SubprocessEnd::describe() const {
  std::string out;
  if (!error.empty()) return error;
  if (timed_out) {
    out = "not ended within " + base::format_duration(took) + ", killed";
  } else if (exit) {
    out = "exit status " + std::to_string(*exit);
  } else {
    out = "killed by signal " + std::to_string(signal);
  }
  const std::string said = last_line(output);
  return said.empty() ? out : out + ": " + said;
}

struct Subprocess::Impl {
  Impl(base::Loop& loop, SubprocessOptions opts, Done on_done)
      : options(std::move(opts)),
        done(std::move(on_done)),
        late(loop, [this] { kill_late(); }),
        failed(loop, [this] { finish(); }) {
    began = base::read_boot_clock();
    start(loop);
  }
  ~Impl() {
    if (!running) return;
    kill_all();
    const int pid = process->uv.pid;
    process.reset();
    reap(pid);
  }

  void start(base::Loop& loop);
  std::string spawn(base::Loop& loop);
  void kill_all() const { ::kill(-process->uv.pid, SIGKILL); }
  void kill_late();
  void read_output();
  void exited(std::int64_t status, int by_signal);
  void finish();

  SubprocessOptions options;
  Done done;
  base::Instant began;
  SubprocessEnd end;
  bool running = false;
  base::Fd output;
  std::unique_ptr<Process, ProcessCloser> process;
  std::unique_ptr<base::Poll> readable;  // gone before `output` is
  Deadline late;
  base::Timer failed;  // tells from the loop that nothing was started
};

void Subprocess::Impl::start(base::Loop& loop) {
  end.error = options.argv.empty() ? "no program named" : spawn(loop);
  if (!end.error.empty()) return failed.start(base::Duration::zero());
  running = true;
  readable = std::make_unique<base::Poll>(loop, output.get(), [this](int, int) { read_output(); });
  readable->start(base::Poll::kReadable);
  late.start(options.timeout);
}

std::string Subprocess::Impl::spawn(base::Loop& loop) {
  const std::string& program = options.argv.front();
  const base::Fd input = file_of(options.input);
  int ends[2] = {-1, -1};
  if (!input || ::pipe2(ends, O_CLOEXEC) != 0) return program + ": " + std::strerror(errno);
  output.reset(ends[0]);
  const base::Fd write_end(ends[1]);
  auto environment = environment_of(options);
  auto env = pointers(environment);
  auto argv = pointers(options.argv);
  std::array<uv_stdio_container_t, 3> stdio{};
  for (auto& each : stdio) {
    each.flags = UV_INHERIT_FD;
    each.data.fd = write_end.get();
  }
  stdio[0].data.fd = input.get();
  uv_process_options_t wanted{};
  wanted.file = argv[0];
  wanted.args = argv.data();
  wanted.env = env.data();
  wanted.cwd = "/";
  wanted.flags = UV_PROCESS_DETACHED;  // a session of its own, so that one kill ends all that it started
  wanted.stdio_count = static_cast<int>(stdio.size());
  wanted.stdio = stdio.data();
  wanted.exit_cb = [](uv_process_t* p, std::int64_t status, int by_signal) {
    const auto call = static_cast<Process*>(p->data)->on_exit;  // it may be cleared meanwhile
    if (call) call(status, by_signal);
  };
  process.reset(new Process());
  process->uv.data = process.get();
  process->on_exit = [this](std::int64_t status, int by_signal) { exited(status, by_signal); };
  const int rc = uv_spawn(loop.raw(), &process->uv, &wanted);
  return rc == 0 ? "" : program + ": " + uv_strerror(rc);
}

void Subprocess::Impl::kill_late() {
  end.timed_out = true;
  kill_all();
}

void Subprocess::Impl::read_output() {
  std::array<char, 4096> part{};
  for (int turn = 0; turn < kMostReads; ++turn) {
    const ssize_t n = ::read(output.get(), part.data(), part.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return readable->stop();
    const auto room = options.max_output - std::min(options.max_output, end.output.size());
    end.output.append(part.data(), std::min(room, static_cast<std::size_t>(n)));
  }
}

void Subprocess::Impl::exited(std::int64_t status, int by_signal) {
  running = false;
  late.stop();
  read_output();
  if (by_signal == 0) end.exit = static_cast<int>(status);
  end.signal = by_signal;
  finish();
}

void Subprocess::Impl::finish() {
  readable.reset();
  end.took = base::read_boot_clock() - began;
  const auto call = std::move(done);
  const auto told = std::move(end);
  call(told);  // it may destroy this
}

Subprocess::Subprocess(base::Loop& loop, SubprocessOptions options, Done done)
    : impl_(std::make_unique<Impl>(loop, std::move(options), std::move(done))) {}

Subprocess::~Subprocess() = default;

}  // namespace io
