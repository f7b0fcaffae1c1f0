#include "sitecheck/io/live_status.h"

#include <algorithm>
#include <utility>

#include "base/io/server_events.h"

namespace sitecheck {

namespace {

constexpr base::Duration kSecond = base::seconds(1);
// Between two statuses: at least this, twenty times as long as telling of one took, so that pages cost the loop a
// twentieth of its time at most, and a second for each 64 KiB.
constexpr base::Duration kPace = base::milliseconds(100);
constexpr int kShare = 20;
constexpr std::size_t kLong = std::size_t{64} << 10;

}  // namespace

LiveStatus::LiveStatus(base::Loop& loop, std::function<std::string()> status)
    : status_(std::move(status)), soon_(loop, [this] { tell(); }), second_(loop, [this] {
        if (base::read_boot_clock() >= not_before_) return tell();
        send(std::string(io::kHeartbeat));
      }) {}

void LiveStatus::recall(const std::vector<std::string>& lines) {
  events_.assign(lines.begin(), lines.end());
  while (events_.size() > kMostEvents) events_.pop_front();
}

void LiveStatus::open(io::Responder responder) {
  std::string first = io::event_text("status", status_());
  for (const auto& line : events_) first += io::event_text("event", line);
  auto stream = io::open_events(std::move(responder), std::move(first));
  if (!stream.open()) return;
  streams_.push_back(std::move(stream));
  second_.start(kSecond, kSecond);
}

void LiveStatus::changed() {
  if (streams_.empty()) return;
  soon_.start(std::max<base::Duration>(not_before_ - base::read_boot_clock(), base::Duration::zero()));
}

void LiveStatus::event(const std::string& line) {
  events_.push_back(line);
  if (events_.size() > kMostEvents) events_.pop_front();
  send(io::event_text("event", line));
  changed();
}

void LiveStatus::tell() {
  if (streams_.empty()) return;
  const auto began = base::read_boot_clock();
  const auto text = io::event_text("status", status_());
  send(text);
  const auto now = base::read_boot_clock();
  const auto by_size = kSecond * static_cast<std::int64_t>(text.size() / kLong);
  not_before_ = now + std::max<base::Duration>({kPace, (now - began) * kShare, by_size});
}

void LiveStatus::send(const std::string& text) {
  std::erase_if(streams_, [&](io::ResponseStream& stream) { return !stream.send(text); });
  if (streams_.empty()) second_.stop();
}

}  // namespace sitecheck
