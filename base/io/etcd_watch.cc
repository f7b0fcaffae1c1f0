#include "base/io/etcd_watch.h"

#include <algorithm>
#include <utility>

#include "base/io/etcd_message.h"

namespace io {

namespace {

constexpr base::Duration kFirstWait = base::milliseconds(100);
constexpr base::Duration kLongestWait = base::seconds(2);
constexpr std::size_t kMostLine = std::size_t{64} << 10;

}  // namespace

// Two sources: a reading now and then is the truth (a stream that says nothing may be a dead connection, or an etcd
// without a majority), the stream between them makes it quick. A stream always begins where a reading ended, so that
// neither a compacted revision nor an etcd built anew, whose revisions begin again, can leave it waiting for nothing.
struct EtcdWatch::Impl : std::enable_shared_from_this<EtcdWatch::Impl> {
  std::weak_ptr<etcd::Exchange> exchange;
  std::string key;
  std::function<void(const EtcdView&)> on_change;

  EtcdView view;
  bool told = false;
  bool closed = false;
  std::int64_t seen = 0;  // the revision that `view` is of
  bool reading = false;
  base::Duration wait = kFirstWait;         // after a failed reading
  base::Duration stream_wait = kFirstWait;  // after a stream that ended soon
  base::Instant stream_since;
  std::unique_ptr<base::Timer> next_read;
  std::unique_ptr<base::Timer> parsed;  // parts are taken apart outside libcurl's callback
  std::unique_ptr<HttpCall> stream;
  std::string buffer;

  void begin() {
    auto& loop = exchange.lock()->loop();
    next_read = std::make_unique<base::Timer>(loop, [this] { read(); });
    parsed = std::make_unique<base::Timer>(loop, [this] { take_lines(); });
    next_read->start(base::Duration::zero());
  }
  void read();
  void take_reading(const etcd::RangeAnswer& answer, std::int64_t seen_before);
  void fail(const std::string& why);
  void open_stream();
  void drop_stream(base::Duration read_after);
  void end_stream();
  void take_lines();
  bool take_line(std::string_view line);
  void tell();
  void close();
};

void EtcdWatch::Impl::read() {
  const auto alive = exchange.lock();
  if (closed || !alive || std::exchange(reading, true)) return;
  auto answer = std::make_shared<etcd::RangeAnswer>();
  etcd::Question question{"/v3/kv/range", etcd::range_request(key), {}, {}};
  question.accept = [answer, name = key](std::string_view body) -> base::Result<void> {
    auto range = etcd::read_range(body, name);
    if (!range) return tl::unexpected(range.error());
    *answer = std::move(*range);
    return {};
  };
  alive->ask(std::move(question), base::read_boot_clock() + alive->options().limit,
             [weak = weak_from_this(), answer, before = seen](const etcd::Answered& answered) {
               const auto self = weak.lock();
               if (!self || self->closed) return;
               self->reading = false;
               if (!answered.ok) return self->fail(answered.message);
               self->take_reading(*answer, before);
             });
}

// A reading that began before the last event may be older than it; one below what was seen before it began tells of
// an etcd that was rebuilt or restored.
void EtcdWatch::Impl::take_reading(const etcd::RangeAnswer& answer, std::int64_t seen_before) {
  const auto alive = exchange.lock();
  if (!alive) return;
  wait = kFirstWait;
  next_read->start(std::max(kFirstWait, alive->options().confirm_every));
  const bool rebuilt = answer.revision < seen_before;
  if (answer.revision < seen && !rebuilt) {
    if (view.blind) next_read->start(base::Duration::zero());
    return;
  }
  const bool missed = !view.blind && stream && (rebuilt || !(answer.owner == view.owner));
  seen = answer.revision;
  // The stream did not tell: it hangs at an endpoint that is cut off.
  if (missed) stream.reset();
  if (!stream) open_stream();
  const bool news = std::exchange(view.blind, false) || !(answer.owner == view.owner) || !told;
  view.owner = answer.owner;
  view.message.clear();
  if (news) tell();
}

void EtcdWatch::Impl::fail(const std::string& why) {
  drop_stream(wait);
  wait = std::min(wait * 2, kLongestWait);
  const bool news = !std::exchange(view.blind, true) || !told;
  view.message = why;
  if (news) tell();
}

void EtcdWatch::Impl::open_stream() {
  const auto alive = exchange.lock();
  buffer.clear();
  stream_since = base::read_boot_clock();
  stream = alive->stream(
      "/v3/watch", etcd::watch_request(key, seen + 1),
      [this](int, std::string_view part) {
        buffer.append(part.substr(0, kMostLine + 1 - std::min(kMostLine + 1, buffer.size())));
        parsed->start(base::Duration::zero());
        return buffer.size() <= kMostLine;
      },
      [this](const HttpReply&) {
        const auto self = shared_from_this();
        take_lines();
        if (stream) end_stream();
      });
}

void EtcdWatch::Impl::drop_stream(base::Duration read_after) {
  stream.reset();
  buffer.clear();
  parsed->stop();
  next_read->start(read_after);
}

// The next begins after a pause that grows: an endpoint may end every stream.
void EtcdWatch::Impl::end_stream() {
  const auto alive = exchange.lock();
  if (base::read_boot_clock() - stream_since > kLongestWait) stream_wait = kFirstWait;
  const auto most = alive ? std::max(kFirstWait, alive->options().confirm_every) : kLongestWait;
  drop_stream(std::min(stream_wait, most));
  stream_wait = std::min(stream_wait * 2, kLongestWait);
}

void EtcdWatch::Impl::take_lines() {
  const auto self = shared_from_this();  // a callback may destroy the watch
  while (stream) {
    const auto end = buffer.find('\n');
    if (end == std::string::npos) return;
    const std::string line = buffer.substr(0, end);
    buffer.erase(0, end + 1);
    if (!line.empty() && !take_line(line)) return end_stream();
  }
}

// False if the stream is of no more use.
bool EtcdWatch::Impl::take_line(std::string_view line) {
  const auto alive = exchange.lock();
  const auto answer = etcd::read_watch(line, key);
  if (!alive) return false;
  if (!answer) {
    ++alive->counters.failed;
    ++alive->counters.garbage;
    return false;
  }
  if (answer->ended) {
    if (answer->reason.find("auth") != std::string::npos || answer->reason.find("user name") != std::string::npos) {
      alive->forget_token();
    }
    return false;
  }
  // The stream waits at a revision that this etcd has not reached: it was rebuilt since the reading, or lags behind.
  if (!answer->changed && answer->revision < seen) return false;
  if (!answer->changed || answer->revision <= seen) return true;
  seen = answer->revision;
  const bool news = !(answer->owner == view.owner);
  view.owner = answer->owner;
  // While blind only a reading ends it: events of a stream do not prove that etcd answers.
  if (news && !view.blind) tell();
  return true;
}

void EtcdWatch::Impl::tell() {
  const auto self = shared_from_this();
  told = true;
  const EtcdView now = view;
  const auto call = on_change;
  call(now);
}

void EtcdWatch::Impl::close() {
  closed = true;
  stream.reset();
  next_read.reset();
  parsed.reset();
}

EtcdWatch::EtcdWatch(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
EtcdWatch::~EtcdWatch() { impl_->close(); }

std::unique_ptr<EtcdWatch> etcd::make_watch(std::shared_ptr<Exchange> exchange, std::string key,
                                            std::function<void(const EtcdView&)> on_change) {
  auto impl = std::make_shared<EtcdWatch::Impl>();
  impl->exchange = exchange;
  impl->key = std::move(key);
  impl->on_change = std::move(on_change);
  impl->begin();
  return std::make_unique<EtcdWatch>(std::move(impl));
}

}  // namespace io
