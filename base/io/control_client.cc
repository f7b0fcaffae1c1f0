#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/fd.h"
#include "base/io/control.h"
#include "base/io/control_line.h"

namespace io {

namespace {

constexpr std::size_t kMostReply = std::size_t{256} << 20;

tl::unexpected<base::Error> fail_at(const std::filesystem::path& path, const std::string& why) {
  return base::fail("control socket " + path.string() + ": " + why);
}

constexpr std::string_view kNobodyAnswers = "no daemon answers there";

bool holds_socket(const std::filesystem::path& path) {
  struct stat file {};
  return ::stat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
}

// Who may use the socket, as far as this user may know it.
std::string who_may(const std::filesystem::path& path) {
  struct stat file {};
  const bool seen = ::stat(path.c_str(), &file) == 0;
  const group* owner = seen ? ::getgrgid(file.st_gid) : nullptr;  // NOLINT(concurrency-mt-unsafe): one thread
  return "run this as root" + (owner != nullptr && owner->gr_gid != 0
                                   ? ", or as a member of the group " + std::string(owner->gr_name)
                                   : std::string(", or as the user or a member of the group that the daemon runs as"));
}

// Waits until the socket can do `events`, or the deadline passes.
bool wait_for(int fd, short events, base::Instant deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<base::milliseconds>(deadline - base::read_boot_clock()).count();
    if (left <= 0) return false;
    pollfd watched{fd, events, 0};
    const int n = ::poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(left, 60'000)));
    if (n > 0) return true;
    if (n < 0 && errno != EINTR) return false;
  }
}

base::Result<base::Fd> connect_to(const std::filesystem::path& path, base::Instant deadline) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.size() >= sizeof where.sun_path) return fail_at(path, "the path is longer than 107 bytes");
  std::memcpy(where.sun_path, text.data(), text.size());
  for (;;) {
    base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) return fail_at(path, std::strerror(errno));
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) return fd;
    if (errno == ECONNREFUSED && !holds_socket(path))
      return fail_at(path, "it is no socket; --control names the daemon's");
    if (errno == ENOENT || errno == ECONNREFUSED) return fail_at(path, std::string(kNobodyAnswers));
    if (errno == EACCES || errno == EPERM) return fail_at(path, "permission denied; " + who_may(path));
    // A Unix socket whose backlog is full says EAGAIN and gives nothing to wait on.
    if (errno != EAGAIN && errno != EINTR) return fail_at(path, std::strerror(errno));
    if (base::read_boot_clock() >= deadline) return fail_at(path, "the daemon accepts no connection");
    ::poll(nullptr, 0, 10);
  }
}

}  // namespace

bool nobody_answers(const base::Error& error) { return error.message.ends_with(kNobodyAnswers); }

base::Result<ControlReply> ask_control(const std::filesystem::path& path, std::string_view command,
                                       std::string_view args, std::string_view reason, base::Duration timeout) {
  auto request = format_request(command, args, reason);
  if (!request) return tl::unexpected(request.error());
  const auto deadline = base::read_boot_clock() + timeout;
  auto fd = connect_to(path, deadline);
  if (!fd) return tl::unexpected(fd.error());
  std::string_view left = *request;
  while (!left.empty()) {
    const ssize_t n = ::send(fd->get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (n > 0) left.remove_prefix(static_cast<std::size_t>(n));
    if (n >= 0 || errno == EINTR) continue;
    // A daemon that refuses the line may answer and close before it was read whole: look for its answer.
    if (errno == EPIPE || errno == ECONNRESET) break;
    if (errno != EAGAIN) return fail_at(path, std::strerror(errno));
    if (!wait_for(fd->get(), POLLOUT, deadline)) return fail_at(path, "the daemon does not read the request");
  }
  std::string reply;
  std::array<char, 65536> part{};
  while (reply.empty() || reply.back() != '\n') {
    if (!wait_for(fd->get(), POLLIN, deadline)) {
      return fail_at(path, "no reply within " + base::format_duration(timeout));
    }
    const ssize_t n = ::recv(fd->get(), part.data(), part.size(), 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (n <= 0) return fail_at(path, "the daemon closed the connection without a whole reply");
    reply.append(part.data(), static_cast<std::size_t>(n));
    if (reply.size() > kMostReply) return fail_at(path, "the reply is too large");
  }
  auto parsed = parse_reply(reply);
  if (!parsed) return fail_at(path, parsed.error().message);
  return parsed;
}

}  // namespace io
