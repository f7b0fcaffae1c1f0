// An answer in pieces: what the user sends waits here until libmicrohttpd has room for it.
#include <microhttpd.h>
#include <sys/socket.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/io/http_server_impl.h"

namespace io {

ResponseStream Responder::stream(ServerResponse head) {
  const auto impl = std::move(impl_);
  if (!impl || impl->connection == nullptr || impl->response) return ResponseStream(nullptr);
  Streams& all = *impl->streams;
  if (all.now >= all.most) {
    ++all.counters->refused;
    impl->respond({503, "too many streams\n", "text/plain; charset=utf-8", {{"Retry-After", "10"}}});
    return ResponseStream(nullptr);
  }
  ++all.now;
  ++all.counters->opened;
  ++all.counters->pieces;
  impl->stream.emplace().pending = std::exchange(head.body, {});
  impl->respond(std::move(head));
  return ResponseStream(impl);
}

// Called by libmicrohttpd whenever the socket has room.
std::int64_t Responder::Impl::read_stream(char* to, std::size_t most) {
  if (connection == nullptr || stream->cut) return MHD_CONTENT_READER_END_WITH_ERROR;
  const std::size_t left = stream->pending.size() - stream->taken;
  if (left == 0 && stream->ended) return MHD_CONTENT_READER_END_OF_STREAM;
  if (left == 0) {
    stream->pending.clear();
    stream->taken = 0;
    suspended = true;
    MHD_suspend_connection(connection);
    return 0;
  }
  const std::size_t size = std::min(left, most);
  std::memcpy(to, stream->pending.data() + stream->taken, size);
  stream->taken += size;
  return static_cast<std::int64_t>(size);
}

// libmicrohttpd, which may be waiting for room in the socket, finds it closed.
void Responder::Impl::cut_off() {
  if (connection == nullptr || std::exchange(stream->cut, true)) return;
  const auto* info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
  if (info != nullptr) ::shutdown(info->connect_fd, SHUT_RDWR);
  go_on();
}

void HttpServer::Impl::cut_streams_off() {
  for (const auto& exchange : open) {
    if (exchange->stream) exchange->cut_off();
  }
}

ResponseStream::ResponseStream(std::shared_ptr<Responder::Impl> impl) : impl_(std::move(impl)) {}
ResponseStream::ResponseStream(ResponseStream&&) noexcept = default;

ResponseStream& ResponseStream::operator=(ResponseStream&& other) noexcept {
  if (this == &other) return *this;
  end();
  impl_ = std::move(other.impl_);
  return *this;
}

ResponseStream::~ResponseStream() { end(); }

void ResponseStream::end() {
  if (!open()) return;
  impl_->stream->ended = true;
  impl_->go_on();
}

bool ResponseStream::open() const { return impl_ && impl_->connection != nullptr && !impl_->stream->cut; }

bool ResponseStream::send(std::string_view piece) {
  if (!open()) return false;
  StreamState& state = *impl_->stream;
  if (state.taken > 0) state.pending.erase(0, std::exchange(state.taken, 0));
  if (state.pending.size() + piece.size() > impl_->streams->most_bytes) {
    ++impl_->streams->counters->slow;
    ++impl_->streams->counters->dropped;
    impl_->cut_off();
    return false;
  }
  ++impl_->streams->counters->pieces;
  state.pending += piece;
  impl_->go_on();
  return true;
}

}  // namespace io
