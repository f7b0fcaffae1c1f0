#include "base/io/control.h"

#include <pwd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <unordered_map>
#include <utility>

#include "base/fd.h"
#include "base/io/control_line.h"

namespace io {

namespace {

constexpr base::Duration kPauseWithoutDescriptors = base::milliseconds(100);

tl::unexpected<base::Error> fail_at(const std::filesystem::path& path, const std::string& why) {
  return base::fail("control socket " + path.string() + ": " + why);
}

// From /etc/passwd alone: the name service might ask the network, and the loop must not wait for it.
std::string user_name(uid_t uid) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/etc/passwd", "re"), &std::fclose);
  std::array<char, 4096> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  while (file && ::fgetpwent_r(file.get(), &entry, buffer.data(), buffer.size(), &found) == 0) {
    if (entry.pw_uid == uid) return entry.pw_name;
  }
  return std::to_string(uid);
}

// Removes a socket at which nobody answers.
base::Result<void> clear_stale(const std::filesystem::path& path, const sockaddr_un& where) {
  struct stat st {};
  if (::lstat(path.c_str(), &st) != 0) {
    if (errno == ENOENT) return {};
    return fail_at(path, std::strerror(errno));
  }
  if (!S_ISSOCK(st.st_mode)) return fail_at(path, "something that is no socket is in its place");
  const base::Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return fail_at(path, std::strerror(errno));
  // EAGAIN is a full backlog: busy, but alive. Only a refusal proves that nobody listens.
  if (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0 || errno == EAGAIN) {
    return fail_at(path, "another daemon answers there");
  }
  if (errno != ECONNREFUSED) return fail_at(path, std::strerror(errno));
  if (::unlink(path.c_str()) != 0) return fail_at(path, std::strerror(errno));
  return {};
}

base::Result<base::Fd> bind_unix(const std::filesystem::path& path, unsigned mode) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  const std::string& text = path.native();
  if (text.empty() || text.size() >= sizeof where.sun_path) return fail_at(path, "its path is not 1 to 107 bytes long");
  std::memcpy(where.sun_path, text.data(), text.size());
  if (auto cleared = clear_stale(path, where); !cleared) return tl::unexpected(cleared.error());
  base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // The mode before bind(2) keeps the file from being open wider for a moment; the umask may have narrowed it.
  if (!fd || ::fchmod(fd.get(), mode) != 0 ||
      ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0 ||
      ::chmod(path.c_str(), mode) != 0 || ::listen(fd.get(), SOMAXCONN) != 0) {
    return fail_at(path, std::strerror(errno));
  }
  return fd;
}

}  // namespace

struct ControlServer::Impl : std::enable_shared_from_this<ControlServer::Impl> {
  struct Client {
    base::Fd fd;  // outlives `poll`
    std::unique_ptr<base::Poll> poll;
    std::unique_ptr<base::Timer> timer;
    std::string in;
    std::string out;
    ControlRequest caller;
    bool asked = false;
  };

  base::Loop* loop = nullptr;
  std::filesystem::path path;
  ControlOptions options;
  ControlHandler handler;
  base::Fd fd;  // outlives `poll`
  ino_t inode = 0;
  std::unique_ptr<base::Poll> poll;
  std::unique_ptr<base::Timer> pause;
  std::uint64_t next_id = 0;
  std::unordered_map<std::uint64_t, Client> clients;

  void open();
  void close();
  void accept_all();
  void add(base::Fd client);
  void drop(std::uint64_t id) { clients.erase(id); }
  void receive(std::uint64_t id);
  void ask(std::uint64_t id);
  void answer(std::uint64_t id, const ControlReply& reply);
  void transmit(std::uint64_t id);
};

void ControlServer::Impl::open() {
  struct stat st {};
  if (::lstat(path.c_str(), &st) == 0) inode = st.st_ino;
  pause = std::make_unique<base::Timer>(*loop, [this] { poll->start(base::Poll::kReadable); });
  poll = std::make_unique<base::Poll>(*loop, fd.get(), [this](int, int) { accept_all(); });
  poll->start(base::Poll::kReadable);
}

void ControlServer::Impl::close() {
  clients.clear();
  poll.reset();
  pause.reset();
  struct stat st {};
  if (::lstat(path.c_str(), &st) == 0 && st.st_ino == inode) ::unlink(path.c_str());
  fd.reset();
}

void ControlServer::Impl::accept_all() {
  for (;;) {
    base::Fd client(::accept4(fd.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (client) {
      if (clients.size() < options.max_clients) add(std::move(client));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    if (errno == EAGAIN) return;
    poll->stop();  // out of descriptors: the socket stays readable, so look again later rather than spin
    pause->start(kPauseWithoutDescriptors);
    return;
  }
}

void ControlServer::Impl::add(base::Fd client) {
  ucred who{};
  socklen_t size = sizeof who;
  if (::getsockopt(client.get(), SOL_SOCKET, SO_PEERCRED, &who, &size) != 0) return;
  const auto id = next_id++;
  auto& c = clients[id];
  c.fd = std::move(client);
  c.caller.uid = who.uid;
  c.caller.pid = who.pid;
  c.timer = std::make_unique<base::Timer>(*loop, [this, id] { drop(id); });
  c.timer->start(options.line_timeout);
  c.poll = std::make_unique<base::Poll>(*loop, c.fd.get(), [this, id](int, int) {
    const auto at = clients.find(id);
    if (at == clients.end()) return;
    at->second.asked ? transmit(id) : receive(id);
  });
  c.poll->start(base::Poll::kReadable);
}

void ControlServer::Impl::receive(std::uint64_t id) {
  auto& c = clients.at(id);
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t n = ::recv(c.fd.get(), part.data(), part.size(), 0);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) return drop(id);
    const std::string_view got(part.data(), static_cast<std::size_t>(n));
    const auto end = got.find('\n');
    c.in.append(got.substr(0, end));
    if (c.in.size() > options.max_request) {
      c.asked = true;
      return answer(id, {2, "{}", "the request is longer than " + std::to_string(options.max_request) + " bytes"});
    }
    if (end != got.npos) return ask(id);
  }
}

void ControlServer::Impl::ask(std::uint64_t id) {
  auto& c = clients.at(id);
  c.asked = true;
  c.poll->stop();
  c.timer->stop();  // the daemon's own time does not count against the client
  auto request = parse_request(c.in);
  if (!request) return answer(id, {2, "{}", request.error().message});
  request->uid = c.caller.uid;
  request->pid = c.caller.pid;
  request->user = user_name(c.caller.uid);
  request->take = [this, id] {
    Client taken = std::move(clients.at(id));
    clients.erase(id);
    taken.poll.reset();  // before another may watch the descriptor
    return std::move(taken.fd);
  };
  handler(*request, [self = weak_from_this(), id](const ControlReply& reply) {
    if (const auto server = self.lock()) server->answer(id, reply);
  });
}

// A second answer finds the first one under way, or the client gone.
void ControlServer::Impl::answer(std::uint64_t id, const ControlReply& reply) {
  const auto at = clients.find(id);
  if (at == clients.end() || !at->second.out.empty()) return;
  at->second.out = format_reply(reply);
  at->second.timer->start(options.line_timeout);
  transmit(id);
}

void ControlServer::Impl::transmit(std::uint64_t id) {
  auto& c = clients.at(id);
  while (!c.out.empty()) {
    const ssize_t n = ::send(c.fd.get(), c.out.data(), c.out.size(), MSG_NOSIGNAL);
    if (n > 0) {
      c.out.erase(0, static_cast<std::size_t>(n));
      c.timer->start(options.line_timeout);  // a slow reader that reads is no dead one
      continue;
    }
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return c.poll->start(base::Poll::kWritable);
    break;
  }
  drop(id);
}

ControlServer::ControlServer(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
ControlServer::~ControlServer() { impl_->close(); }
int ControlServer::descriptor() const { return impl_->fd.get(); }
void ControlServer::resume() { impl_->poll->start(base::Poll::kReadable); }
void ControlServer::give_away() { impl_->inode = 0; }

void ControlServer::pause() {
  impl_->poll->stop();
  impl_->pause->stop();
}

base::Result<std::unique_ptr<ControlServer>> ControlServer::listen(base::Loop& loop, const std::filesystem::path& path,
                                                                   ControlHandler handler, ControlOptions options,
                                                                   base::SocketBag* given) {
  base::Fd fd;
  if (given != nullptr) fd = given->take(path);
  if (!fd) {
    auto bound = bind_unix(path, options.mode);
    if (!bound) return tl::unexpected(bound.error());
    fd = *std::move(bound);
  }
  auto impl = std::make_shared<Impl>();
  impl->loop = &loop;
  impl->path = path;
  impl->options = options;
  impl->handler = std::move(handler);
  impl->fd = std::move(fd);
  impl->open();
  return std::unique_ptr<ControlServer>(new ControlServer(std::move(impl)));
}

}  // namespace io
