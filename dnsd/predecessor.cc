#include "dnsd/predecessor.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

#include "base/io/fd_passing.h"
#include "base/log.h"
#include "dnsd/successor.h"

namespace dnsd {

namespace {

constexpr std::size_t kLongestLine = std::size_t{4} << 20;  // the names of 100,000 members

constexpr std::size_t kMostNamed = 20;  // members in one line

std::string refusal(const io::ControlRequest& request, bool busy) {
  if (request.uid != 0 && request.uid != ::geteuid()) {
    return "replace: only root, or the user as whom dnsd runs, may do that";
  }
  const auto args = nlohmann::json::parse(request.args, nullptr, false);
  if (args.value("version", 0) != kReplaceVersion) {
    return "replace: the running dnsd is of a version that hands over in another way; restart it instead";
  }
  return busy ? "replace: another process is replacing this one already" : "";
}

}  // namespace

std::set<std::string> split_members(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

std::string join_members(const std::set<std::string>& members) {
  std::string out;
  for (const auto& each : members) out += (out.empty() ? "" : " ") + each;
  return out;
}

Predecessor::Predecessor(base::Loop& loop, Hooks hooks)
    : loop_(loop), hooks_(std::move(hooks)), patience_(loop, [this] { give_up("it did not say that it serves"); }) {}

void Predecessor::begin(const io::ControlRequest& request, const io::ControlAnswer& answer) {
  if (const auto why = refusal(request, stage_ != Stage::kIdle); !why.empty()) return answer({1, "{}", why});
  connection_ = request.take();
  successor_ = request.pid;
  stage_ = Stage::kAsked;
  in_.clear();
  const auto sockets = hooks_.sockets();
  const nlohmann::json reply{
      {"exit", 0},
      {"error", ""},
      {"data", {{"version", kReplaceVersion}, {"sockets", sockets.size()}, {"cookie_secrets", hooks_.secrets()}}}};
  base::log(base::Level::kInfo, "replace.begun", "another process prepares to take over",
            {{"pid", std::to_string(successor_)}});
  if (auto sent = io::send_descriptors(connection_.get(), reply.dump(), sockets); !sent) {
    return give_up(sent.error().message);
  }
  poll_ = std::make_unique<base::Poll>(loop_, connection_.get(), [this](int, int) { receive(); });
  poll_->start(base::Poll::kReadable);
}

void Predecessor::receive() {
  std::array<char, 65536> part{};
  const auto n = ::recv(connection_.get(), part.data(), part.size(), MSG_DONTWAIT);
  if (n < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (n <= 0) return give_up("it has ended");
  in_.append(part.data(), static_cast<std::size_t>(n));
  for (auto end = in_.find('\n'); end != std::string::npos; end = in_.find('\n')) {
    const std::string line = in_.substr(0, end);
    in_.erase(0, end + 1);
    hear(line);
    if (!connection_) return;
  }
  if (in_.size() > kLongestLine) give_up("it sends what is no line");
}

void Predecessor::hear(const std::string& line) {
  if (stage_ == Stage::kAsked && line.starts_with("take")) return allow(line.substr(4));
  if (stage_ != Stage::kPaused || line != "serving") return give_up("it says what has no meaning now");
  patience_.stop();
  stage_ = Stage::kOver;
  tell("bye");
  base::log(base::Level::kInfo, "replace.done", "another process has taken over",
            {{"pid", std::to_string(successor_)}});
  drop();
  hooks_.retire(successor_);
}

// A successor that hears less than this process would answer worse.
void Predecessor::allow(const std::string& members) {
  const auto bar = std::min(members.find(" / "), members.size());
  const auto theirs = split_members(members.substr(0, bar));
  const auto known = split_members(members.substr(std::min(bar + 3, members.size())));
  std::set<std::string> missing;
  for (const auto& each : hooks_.heard()) {
    if (known.contains(each) && !theirs.contains(each)) missing.insert(each);
  }
  if (!missing.empty()) {
    while (missing.size() > kMostNamed) missing.erase(std::prev(missing.end()));
    return tell("wait " + join_members(missing));
  }
  stage_ = Stage::kPaused;
  hooks_.pause();
  patience_.start(kPatience);
  tell("yours");
}

// Lines are few and short, and the peer reads them at once; if it does not, its silence is judged.
void Predecessor::tell(const std::string& line) {
  const std::string out = line + "\n";
  (void)::send(connection_.get(), out.data(), out.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
}

void Predecessor::give_up(const std::string& why) {
  base::log(base::Level::kError, "replace.failed", "the other process does not take over: this one goes on",
            {{"pid", std::to_string(successor_)}, {"why", why}});
  tell("refused " + why);
  drop();
  patience_.stop();
  if (std::exchange(stage_, Stage::kIdle) == Stage::kPaused) hooks_.resume();
}

void Predecessor::drop() {
  poll_.reset();
  connection_.reset();
}

}  // namespace dnsd
