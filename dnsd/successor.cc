#include "dnsd/successor.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "base/io/control.h"
#include "base/io/fd_passing.h"
#include "base/log.h"
#include "dnsd/predecessor.h"

namespace dnsd {

namespace {

constexpr base::Duration kAgain = base::milliseconds(50);
constexpr timeval kAnswerTimeout{5, 0};
constexpr int kRoomTimeoutMs = 1000;

std::size_t socket_count(std::string_view line) {
  const auto reply = nlohmann::json::parse(line, nullptr, false);
  if (!reply.is_object() || !reply.contains("data") || !reply["data"].is_object()) return 0;
  const auto& count = reply["data"].value("sockets", nlohmann::json());
  return count.is_number_unsigned() ? count.get<std::size_t>() : 0;
}

tl::unexpected<base::Error> fail_at(const std::filesystem::path& at, const std::string& why) {
  return base::fail("replace: the dnsd at " + at.string() + ": " + why);
}

}  // namespace

base::Result<std::unique_ptr<Successor>> Successor::ask(const std::filesystem::path& at) {
  sockaddr_un where{};
  where.sun_family = AF_UNIX;
  const std::string& text = at.native();
  if (text.empty() || text.size() >= sizeof where.sun_path) {
    return base::fail("replace: server.control names the running dnsd: a path of 1 to 107 bytes");
  }
  std::memcpy(where.sun_path, text.data(), text.size());
  base::Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail_at(at, std::strerror(errno));
  ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof kAnswerTimeout);
  ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &kAnswerTimeout, sizeof kAnswerTimeout);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::unique_ptr<Successor>();
    return fail_at(at, std::strerror(errno));
  }
  std::unique_ptr<Successor> out(new Successor(std::move(fd)));
  out->tell(R"({"command":"replace","args":{"version":)" + std::to_string(kReplaceVersion) + "}}");
  if (auto received = out->receive_sockets(); !received) return fail_at(at, received.error().message);
  return out;
}

base::Result<void> Successor::receive_sockets() {
  auto received = io::receive_descriptors(connection_.get(), socket_count);
  if (!received) return tl::unexpected(received.error());
  const auto reply = nlohmann::json::parse(received->line, nullptr, false);
  if (!reply.is_object()) return base::fail("its answer is none");
  if (reply.value("exit", 1) != 0) return base::fail(reply.value("error", std::string("it refuses")));
  for (auto& fd : received->fds) {
    if (auto added = sockets_.add(std::move(fd)); !added) return added;
  }
  const auto data = reply.value("data", nlohmann::json::object());
  for (const auto& each : data.value("cookie_secrets", nlohmann::json::array())) {
    if (each.is_string()) secrets_.push_back(each.get<std::string>());
  }
  return {};
}

void Successor::begin(base::Loop& loop, Hooks hooks) {
  hooks_ = std::move(hooks);
  again_ = std::make_unique<base::Timer>(loop, [this] { ask_again(); });
  patience_ = std::make_unique<base::Timer>(loop, [this] {
    hooks_.fail(missing_.empty() ? "the running dnsd does not answer"
                                 : "the running dnsd hears members that this process does not hear: " + missing_);
  });
  poll_ = std::make_unique<base::Poll>(loop, connection_.get(), [this](int, int) { receive(); });
  poll_->start(base::Poll::kReadable);
  patience_->start(kPatience);
  ask_again();
}

void Successor::ask_again() { tell("take " + join_members(hooks_.heard()) + " / " + join_members(hooks_.members())); }

void Successor::be_alone() {
  over_ = true;
  hooks_.alone();
}

void Successor::serving() {
  stage_ = Stage::kServing;
  if (!connection_) return be_alone();
  tell("serving");
}

void Successor::receive() {
  std::array<char, 65536> part{};
  const auto n = ::recv(connection_.get(), part.data(), part.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return ended();
  in_.append(part.data(), static_cast<std::size_t>(n));
  for (auto end = in_.find('\n'); end != std::string::npos && connection_; end = in_.find('\n')) {
    const std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    hear(line);
  }
}

void Successor::hear(const std::string& line) {
  if (stage_ == Stage::kAsking && line.starts_with("wait ")) {
    missing_ = line.substr(5);
    again_->start(kAgain);
  } else if (stage_ == Stage::kAsking && line == "yours") {
    stage_ = Stage::kTaken;
    again_->stop();
    patience_->stop();
    hooks_.take();
  } else if (stage_ == Stage::kServing && line == "bye") {
    close();
    be_alone();
  } else {
    hooks_.fail("the running dnsd goes on: " + line);
  }
}

// A predecessor that goes on says so first; one that ended without a word has left its sockets here.
void Successor::ended() {
  close();
  if (stage_ == Stage::kServing) return be_alone();
  base::log(base::Level::kWarn, "replace.alone", "the running dnsd has ended before it was replaced");
  if (std::exchange(stage_, Stage::kTaken) == Stage::kAsking) hooks_.take();
}

void Successor::close() {
  poll_.reset();
  connection_.reset();
  again_->stop();
  patience_->stop();
}

void Successor::tell(const std::string& line) {
  if (!connection_) return;
  const std::string out = line + "\n";
  std::string_view left = out;
  while (!left.empty()) {
    const auto n = ::send(connection_.get(), left.data(), left.size(), MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    pollfd room{connection_.get(), POLLOUT, 0};
    if (n < 0 && errno == EAGAIN && ::poll(&room, 1, kRoomTimeoutMs) == 1) continue;
    if (n < 0) return;  // it is gone, which the next read tells
    left.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace dnsd
