#include "base/io/http_client.h"

#include <curl/curl.h>

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "base/io/deadline.h"
#include "base/io/http_transfer.h"

namespace io {

namespace {

void start_curl_once() {
  static const CURLcode started = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)started;
}

}  // namespace

const std::string* HttpReply::header(std::string_view lower_name) const {
  for (const auto& [key, value] : headers) {
    if (key == lower_name) return &value;
  }
  return nullptr;
}

struct HttpCall::Impl {
  std::shared_ptr<HttpClient::Impl> client;
  HttpTransfer transfer;
  std::function<void(const HttpReply&)> on_reply;
  std::unique_ptr<Deadline> deadline;  // libcurl's own does not run while a request waits for a connection
  bool added = false;                  // to the multi handle

  ~Impl();
};

// Lives until the client is destroyed; what remains after close() is an empty shell that late calls may still touch.
struct HttpClient::Impl : std::enable_shared_from_this<HttpClient::Impl> {
  base::Loop* loop = nullptr;
  CURLM* multi = nullptr;
  std::unique_ptr<base::Timer> timer;
  std::unordered_map<curl_socket_t, std::unique_ptr<base::Poll>> polls;
  std::unordered_set<HttpCall::Impl*> calls;

  void open(int max_connections);
  void close();
  void forget(HttpCall::Impl& call);
  void finish(HttpCall::Impl& call);
  void act(curl_socket_t socket, int events);
  void drain();
  void watch(curl_socket_t socket, int what);
};

HttpCall::Impl::~Impl() { client->forget(*this); }

void HttpClient::Impl::open(int max_connections) {
  multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAX_TOTAL_CONNECTIONS, static_cast<long>(max_connections));
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_NOTHING));
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(
      multi, CURLMOPT_SOCKETFUNCTION, +[](CURL*, curl_socket_t socket, int what, void* self, void*) -> int {
        static_cast<Impl*>(self)->watch(socket, what);
        return 0;
      });
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  // Zero, too, goes through the timer: libcurl forbids acting from within this callback.
  curl_multi_setopt(
      multi, CURLMOPT_TIMERFUNCTION, +[](CURLM*, long ms, void* self) -> int {
        auto& wake = *static_cast<Impl*>(self)->timer;
        if (ms < 0) {
          wake.stop();
        } else {
          wake.start(base::milliseconds(ms));
        }
        return 0;
      });
  timer = std::make_unique<base::Timer>(*loop, [this] { act(CURL_SOCKET_TIMEOUT, 0); });
}

void HttpClient::Impl::close() {
  for (auto* call : calls) {
    if (call->added) curl_multi_remove_handle(multi, call->transfer.easy());
    call->added = false;
    call->deadline.reset();
  }
  calls.clear();
  curl_multi_cleanup(std::exchange(multi, nullptr));
  polls.clear();
  timer.reset();
}

void HttpClient::Impl::forget(HttpCall::Impl& call) {
  if (calls.erase(&call) == 0) return;
  if (call.added) curl_multi_remove_handle(multi, call.transfer.easy());
  call.added = false;
  call.deadline.reset();
}

// Takes the call out of the machinery first: its callback may destroy the call, or the whole client.
void HttpClient::Impl::finish(HttpCall::Impl& call) {
  forget(call);
  const HttpReply reply = call.transfer.take_reply(base::read_boot_clock());
  const auto on_reply = std::move(call.on_reply);
  on_reply(reply);
}

void HttpClient::Impl::act(curl_socket_t socket, int events) {
  const auto keep = shared_from_this();
  int running = 0;
  curl_multi_socket_action(multi, socket, events, &running);
  drain();
}

void HttpClient::Impl::drain() {
  int left = 0;
  while (multi != nullptr) {
    const CURLMsg* message = curl_multi_info_read(multi, &left);
    if (message == nullptr) return;
    if (message->msg != CURLMSG_DONE) continue;
    const CURLcode code = message->data.result;
    HttpCall::Impl* call = nullptr;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &call);
    call->transfer.set_result(code);
    finish(*call);
  }
}

void HttpClient::Impl::watch(curl_socket_t socket, int what) {
  if (what == CURL_POLL_REMOVE) {
    polls.erase(socket);
    return;
  }
  auto& poll = polls[socket];
  if (!poll) {
    poll = std::make_unique<base::Poll>(*loop, socket, [this, socket](int status, int events) {
      const int ready = status < 0 ? CURL_CSELECT_ERR
                                   : ((events & base::Poll::kReadable) != 0 ? CURL_CSELECT_IN : 0) |
                                         ((events & base::Poll::kWritable) != 0 ? CURL_CSELECT_OUT : 0);
      act(socket, ready);
    });
  }
  poll->start(((what & CURL_POLL_IN) != 0 ? base::Poll::kReadable : 0) |
              ((what & CURL_POLL_OUT) != 0 ? base::Poll::kWritable : 0));
}

HttpCall::HttpCall(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
HttpCall::~HttpCall() = default;

HttpClient::HttpClient(base::Loop& loop, int max_connections) : impl_(std::make_shared<Impl>()) {
  start_curl_once();
  impl_->loop = &loop;
  impl_->open(max_connections);
}

HttpClient::~HttpClient() { impl_->close(); }

std::unique_ptr<HttpCall> HttpClient::start(HttpRequest request, std::function<void(const HttpReply&)> on_reply) {
  auto call = std::make_unique<HttpCall::Impl>();
  auto* raw = call.get();
  call->client = impl_;
  call->on_reply = std::move(on_reply);
  const auto timeout = request.timeout;
  if (request.on_part) {
    request.on_part = [raw, take = std::move(request.on_part)](int status, std::string_view part) {
      raw->deadline->stop();
      return take(status, part);
    };
  }
  const bool sendable = call->transfer.prepare(std::move(request), base::read_boot_clock());
  call->deadline = std::make_unique<Deadline>(*impl_->loop, [raw] {
    raw->transfer.set_timeout();
    const auto keep = raw->client;
    keep->finish(*raw);
  });
  call->deadline->start(sendable ? timeout : base::Duration::zero());
  impl_->calls.insert(raw);
  curl_easy_setopt(call->transfer.easy(), CURLOPT_PRIVATE, raw);
  if (sendable) call->added = curl_multi_add_handle(impl_->multi, call->transfer.easy()) == CURLM_OK;
  return std::make_unique<HttpCall>(std::move(call));
}

}  // namespace io
