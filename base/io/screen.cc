#include "base/io/screen.h"

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <optional>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/io/paint.h"
#include "base/text.h"

namespace io {

namespace {

// Control sequences of xterm, which every terminal emulator of today knows, and the console of Linux where it matters
// (what it does not know it ignores).
constexpr std::string_view kEnter = "\x1b[?1049h\x1b[?25l\x1b[2J";  // alternate screen, no cursor, empty
constexpr std::string_view kLeave = "\x1b[?25h\x1b[?1049l";
constexpr std::string_view kHome = "\x1b[H";
constexpr std::string_view kToLineEnd = "\x1b[K";
constexpr std::string_view kToScreenEnd = "\x1b[J";
constexpr std::string_view kBeginFrame = "\x1b[?2026h";  // shown at once when it is whole
constexpr std::string_view kEndFrame = "\x1b[?2026l";

// At most `columns` code points of `line`.
std::string_view cut(std::string_view line, std::size_t columns) {
  std::size_t at = 0;
  for (std::size_t n = 0; n < columns && at < line.size(); ++n)
    at += std::max<std::size_t>(base::utf8_length(line.substr(at)), 1);
  return line.substr(0, at);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t n = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) {
      pollfd out{STDOUT_FILENO, POLLOUT, 0};
      ::poll(&out, 1, 1000);
      continue;
    }
    if (n <= 0) return;  // the terminal is gone: SIGHUP ends the watch
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

ScreenSize size_now() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return {};
  return {size.ws_col, size.ws_row};
}

sigset_t watched_signals() {
  sigset_t out;
  ::sigemptyset(&out);
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGWINCH, SIGTSTP}) ::sigaddset(&out, number);
  return out;
}

}  // namespace

std::string frame(const std::string& text, ScreenSize size, bool colours) {
  const auto lines = lines_of(text);
  const bool fits = lines.size() <= size.rows;
  const std::size_t shown = fits ? lines.size() : size.rows - std::min<std::size_t>(size.rows, 1);
  std::string out(kBeginFrame);
  out += kHome;
  const auto add = [&](std::string_view line, bool last) {
    const std::string seen(cut(line, size.columns));
    out += colours ? paint(seen) : seen;
    out += kToLineEnd;
    if (!last) out += "\r\n";
  };
  for (std::size_t i = 0; i < shown; ++i) add(lines[i], fits && i + 1 == shown);
  if (!fits) add("(" + std::to_string(lines.size() - shown) + " more lines)", true);
  // The line after the last, if there is one: else the end of the last one would be cleared.
  if (fits && shown < size.rows) out.append(shown == 0 ? "" : "\r\n").append(kToScreenEnd);
  out += kEndFrame;
  return out;
}

struct Screen::Impl {
  bool colours = false;
  sigset_t signals_before{};
  std::optional<termios> before;  // nothing: standard input is no terminal
  base::Fd signals;

  void enter() {
    if (before) {
      termios raw = *before;
      raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
      raw.c_cc[VMIN] = 0;
      raw.c_cc[VTIME] = 0;
      ::tcsetattr(STDIN_FILENO, TCSANOW, &raw);
    }
    write_all(kEnter);
  }
  void leave() {
    write_all(kLeave);
    if (before) ::tcsetattr(STDIN_FILENO, TCSANOW, &*before);
  }
  void stop() {
    leave();
    ::kill(::getpid(), SIGSTOP);
    enter();
  }
  // True for q.
  [[nodiscard]] bool take_keys() {
    char keys[64];
    const ssize_t n = ::read(STDIN_FILENO, keys, sizeof keys);
    if (n == 0) before.reset();  // nobody types any more
    return n > 0 && std::any_of(keys, keys + n, [](char key) { return key == 'q' || key == 'Q' || key == '\x03'; });
  }
};

base::Result<std::unique_ptr<Screen>> Screen::open() {
  if (::isatty(STDOUT_FILENO) != 1) return base::fail("standard output is no terminal");
  const char* kind = std::getenv("TERM");  // NOLINT(concurrency-mt-unsafe): the environment is not changed
  if (kind == nullptr || *kind == '\0' || std::string_view(kind) == "dumb") {
    return base::fail("this terminal cannot be drawn over (TERM=" + std::string(kind == nullptr ? "" : kind) + ")");
  }
  auto impl = std::make_unique<Impl>();
  const sigset_t watched = watched_signals();
  ::pthread_sigmask(SIG_BLOCK, &watched, &impl->signals_before);
  impl->signals = base::Fd(::signalfd(-1, &watched, SFD_NONBLOCK | SFD_CLOEXEC));
  impl->colours = io::colours(std::cout);
  termios now{};
  if (::tcgetattr(STDIN_FILENO, &now) == 0) impl->before = now;
  std::cout.flush();
  impl->enter();
  return std::unique_ptr<Screen>(new Screen(std::move(impl)));
}

Screen::Screen(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Screen::~Screen() {
  impl_->leave();
  ::pthread_sigmask(SIG_SETMASK, &impl_->signals_before, nullptr);
}

void Screen::draw(const std::string& text) { write_all(frame(text, size_now(), impl_->colours)); }

Screen::Event Screen::wait(base::Duration time) {
  const auto until = base::read_boot_clock() + time;
  for (;;) {
    const auto left = std::chrono::ceil<base::milliseconds>(until - base::read_boot_clock()).count();
    if (left <= 0) return Event::kTime;
    pollfd watched[] = {{impl_->signals.get(), POLLIN, 0}, {impl_->before ? STDIN_FILENO : -1, POLLIN, 0}};
    if (::poll(watched, 2, static_cast<int>(left)) <= 0) continue;
    if (watched[1].revents != 0 && impl_->take_keys()) return Event::kEnd;
    signalfd_siginfo came{};
    if (watched[0].revents == 0 || ::read(impl_->signals.get(), &came, sizeof came) != sizeof came) continue;
    if (came.ssi_signo == SIGTSTP) impl_->stop();
    return came.ssi_signo == SIGTSTP || came.ssi_signo == SIGWINCH ? Event::kResized : Event::kEnd;
  }
}

}  // namespace io
