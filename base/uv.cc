#include "base/uv.h"

#include <uv.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "base/timer_queue.h"

namespace base {

namespace detail {

// Lives until libuv's close callback; `closed` is set first, so that no callback reaches a dead owner. A timer is none
// of libuv's: it is a node of the loop's queue.
struct Handle : TimerNode {
  union {
    uv_handle_t any;
    uv_poll_t poll;
    uv_async_t async;
    uv_signal_t signal;
    uv_check_t check;
  };
  bool closed = false;
  std::function<void(int, int)> call_poll;

  static Handle* of(void* uv) { return static_cast<Handle*>(static_cast<uv_handle_t*>(uv)->data); }
};

namespace {

void run_call(void* uv) {
  Handle* self = Handle::of(uv);
  if (!self->closed && self->call) self->call();
}

// A handle that could not be made is a broken invariant of this process (out of descriptors or memory at start).
void must(int rc, const char* what) {
  if (rc == 0) return;
  std::fprintf(stderr, "wideip: %s: %s\n", what, uv_strerror(rc));
  std::abort();
}

HandlePtr make() {
  auto* raw = new Handle();
  raw->any.data = raw;
  return HandlePtr(raw);
}

}  // namespace

void HandleCloser::operator()(Handle* handle) const {
  if (handle->queue != nullptr) return TimerQueue::release(handle);
  handle->closed = true;
  uv_close(&handle->any, [](uv_handle_t* uv) { delete Handle::of(uv); });
}

}  // namespace detail

using detail::Handle;
using detail::must;

// libuv's place for what goes with a loop has the queue of its timers, from here to the end of ~Loop().
Loop::Loop() : loop_(std::make_unique<uv_loop_s>()) {
  must(uv_loop_init(loop_.get()), "event loop");
  loop_->data = new detail::TimerQueue(loop_.get());
}

Loop::~Loop() {
  const std::unique_ptr<detail::TimerQueue> timers(static_cast<detail::TimerQueue*>(loop_->data));
  uv_walk(
      loop_.get(),
      [](uv_handle_t* handle, void*) {
        if (!uv_is_closing(handle)) uv_close(handle, nullptr);
      },
      nullptr);
  while (uv_run(loop_.get(), UV_RUN_DEFAULT) != 0) {
  }
  uv_loop_close(loop_.get());
}

void Loop::run() { uv_run(loop_.get(), UV_RUN_DEFAULT); }
void Loop::stop() { uv_stop(loop_.get()); }
void Loop::run_once(bool wait) {
  auto* timers = static_cast<detail::TimerQueue*>(loop_->data);
  timers->one_turn(true);
  uv_run(loop_.get(), wait ? UV_RUN_ONCE : UV_RUN_NOWAIT);
  timers->one_turn(false);
}

Timer::Timer(Loop& loop, std::function<void()> on_fire) : handle_(new Handle()) {
  handle_->queue = static_cast<detail::TimerQueue*>(loop.raw()->data);
  handle_->call = std::move(on_fire);
  handle_->free = [](detail::TimerNode* node) { delete static_cast<Handle*>(node); };
}

void Timer::start(Duration delay, Duration repeat) {
  const auto ms = [](Duration d) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(0, std::chrono::ceil<milliseconds>(d).count()));
  };
  handle_->queue->start(*handle_, ms(delay), ms(repeat));
}

void Timer::stop() { handle_->queue->stop(*handle_); }

Poll::Poll(Loop& loop, int fd, std::function<void(int, int)> on_event) : handle_(detail::make()) {
  must(uv_poll_init(loop.raw(), &handle_->poll, fd), "poll");
  handle_->call_poll = std::move(on_event);
}

void Poll::start(int events) {
  uv_poll_start(&handle_->poll, events, [](uv_poll_t* p, int status, int ready) {
    Handle* self = Handle::of(p);
    if (!self->closed && self->call_poll) self->call_poll(status, ready);
  });
}

void Poll::stop() { uv_poll_stop(&handle_->poll); }

Async::Async(Loop& loop, std::function<void()> on_wake) : handle_(detail::make()) {
  must(uv_async_init(loop.raw(), &handle_->async, [](uv_async_t* a) { detail::run_call(a); }), "async");
  handle_->call = std::move(on_wake);
}

void Async::send() { uv_async_send(&handle_->async); }

Signal::Signal(Loop& loop, int number, std::function<void()> on_signal) : handle_(detail::make()) {
  must(uv_signal_init(loop.raw(), &handle_->signal), "signal");
  handle_->call = std::move(on_signal);
  must(uv_signal_start(
           &handle_->signal, [](uv_signal_t* s, int) { detail::run_call(s); }, number),
       "signal");
}

AfterPoll::AfterPoll(Loop& loop, std::function<void()> on_turn) : handle_(detail::make()) {
  must(uv_check_init(loop.raw(), &handle_->check), "check");
  handle_->call = std::move(on_turn);
  must(uv_check_start(&handle_->check, [](uv_check_t* c) { detail::run_call(c); }), "check");
}

}  // namespace base
