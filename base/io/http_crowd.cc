#include "base/io/http_crowd.h"

#include <sys/socket.h>

#include <algorithm>

namespace io {

namespace {

constexpr int kSweeps = 4;  // in the shorter of the two limits
// Of the places, those that are kept free for who comes next: libmicrohttpd is deaf once all are taken.
constexpr std::size_t kSpare = 8;

}  // namespace

void HttpConnection::turn_to(Doing what) {
  doing_ = what;
  since_ = base::read_boot_clock();
}

void HttpConnection::hold() {
  asked_ = true;
  turn_to(Doing::kHeld);
}

void HttpConnection::answer() { turn_to(Doing::kAnswered); }

void HttpConnection::ask() { turn_to(Doing::kAsking); }

HttpCrowd::HttpCrowd(base::Loop& loop, const ServerOptions& options, HttpCounters& counters)
    : options_(options), counters_(counters), sweep_(loop, [this] { sweep(); }) {}

HttpConnection* HttpCrowd::open(int fd) {
  ++counters_.connections;
  if (all_.size() + options_.max_connections / kSpare >= options_.max_connections) make_room();
  if (all_.empty()) {
    const auto pace = std::min(options_.slowest_request, options_.slowest_answer) / kSweeps;
    sweep_.start(pace, pace);
  }
  auto made = std::make_unique<HttpConnection>();
  made->fd_ = fd;
  made->handshaken_ = !options_.tls;
  made->ask();
  auto* out = made.get();
  all_.emplace(out, std::move(made));
  return out;
}

void HttpCrowd::close(HttpConnection* connection, bool by_client) {
  const auto node = all_.extract(connection);
  if (node.empty()) return;
  if (by_client && !connection->asked_ && !connection->cut_off_) {
    ++(connection->handshaken_ ? counters_.failed.no_request : counters_.failed.handshake);
  }
  if (all_.empty()) sweep_.stop();
}

// libmicrohttpd finds the socket at its end, closes the connection and tells close().
void HttpCrowd::cut_off(HttpConnection& connection, std::uint64_t& counter) {
  if (std::exchange(connection.cut_off_, true)) return;
  ++counter;
  ::shutdown(connection.fd_, SHUT_RDWR);
}

void HttpCrowd::make_room() {
  HttpConnection* longest = nullptr;
  for (const auto& [connection, owned] : all_) {
    if (connection->doing_ != HttpConnection::Doing::kAsking || connection->cut_off_) continue;
    if (longest == nullptr || connection->since_ < longest->since_) longest = connection;
  }
  if (longest != nullptr) cut_off(*longest, counters_.failed.crowded_out);
}

void HttpCrowd::sweep() {
  const auto now = base::read_boot_clock();
  for (const auto& [connection, owned] : all_) {
    if (connection->doing_ == HttpConnection::Doing::kHeld) continue;
    const bool asking = connection->doing_ == HttpConnection::Doing::kAsking;
    const auto limit = asking ? options_.slowest_request : options_.slowest_answer;
    if (now - connection->since_ > limit) cut_off(*connection, counters_.failed.slow);
  }
}

}  // namespace io
