#include "probes/dns.h"

#include <sys/random.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "base/fd.h"
#include "base/io/deadline.h"
#include "probes/dns_message.h"
#include "probes/socket_outcome.h"

namespace probes {

namespace {

// Datagrams read at one wake-up: a flood of foreign ones must not hold up the loop.
constexpr int kMostDatagrams = 16;
constexpr std::size_t kMostShown = 4;  // records of an answer that is not the one expected

struct Secret {
  std::uint16_t id = 0;
  std::uint64_t case_bits = 0;
};

}  // namespace

struct DnsProbe::Impl {
  base::Loop& loop;
  DnsCheck check;
  io::Deadline timer;
  base::Fd fd;  // outlives `poll`
  std::unique_ptr<base::Poll> poll;
  base::Instant begun;
  std::uint16_t id = 0;
  DnsQuestion question;
  base::Bytes out;                        // TCP: what is left to send, with its length in front
  std::string in;                         // TCP: what has come
  bool by_tcp = false;                    // besides UDP, as an answer asked for it
  bool foreign = false;                   // something came that was no answer to the question
  Outcome failed_at_once = Outcome::kOk;  // before anything was sent; told by the timer
  std::string why;
  std::function<void(const Observation&)> on_done;

  Impl(base::Loop& on, const DnsCheck& what) : loop(on), check(what), timer(on, [this] { time_out(); }) {}

  void cancel();
  void begin();
  bool prepare();
  bool open(int type);
  void fail_at_once(Outcome outcome, std::string text);
  void read_datagrams();
  void ask_by_tcp();
  void move_stream(int events);
  void read_stream();
  void take(base::ByteView message);
  void time_out();
  void finish(Outcome outcome, const std::string& text);
};

void DnsProbe::Impl::cancel() {
  timer.stop();
  poll.reset();
  fd.reset();
  on_done = nullptr;
}

void DnsProbe::Impl::fail_at_once(Outcome outcome, std::string text) {
  failed_at_once = outcome;
  why = std::move(text);
  timer.start(base::Duration::zero());
}

bool DnsProbe::Impl::prepare() {
  const auto name = wire::Name::parse(check.name);
  Secret secret;
  if (!name) {
    fail_at_once(Outcome::kMisconfigured, name.error().message);
    return false;
  }
  if (::getrandom(&secret, sizeof secret, GRND_NONBLOCK) != static_cast<ssize_t>(sizeof secret)) {
    fail_at_once(Outcome::kMisconfigured, "the kernel gives no random numbers");
    return false;
  }
  id = secret.id;
  question = {mix_case(*name, secret.case_bits), check.type};
  return true;
}

// Connected, so that the kernel hands over only what comes from the server's own address and port.
bool DnsProbe::Impl::open(int type) {
  sockaddr_storage where{};
  const socklen_t length = check.server.to_sockaddr(where);
  poll.reset();
  fd.reset(::socket(where.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  return fd && (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&where), length) == 0 || errno == EINPROGRESS);
}

void DnsProbe::Impl::begin() {
  begun = base::read_boot_clock();
  failed_at_once = Outcome::kOk;
  by_tcp = false;
  foreign = false;
  in.clear();
  if (!prepare()) return;
  const auto message = write_question(id, question);
  if (!open(SOCK_DGRAM) || ::send(fd.get(), message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    return fail_at_once(outcome_of_errno(errno), std::strerror(errno));
  }
  timer.start(check.timeout);
  poll = std::make_unique<base::Poll>(loop, fd.get(), [this](int, int) { read_datagrams(); });
  poll->start(base::Poll::kReadable);
}

void DnsProbe::Impl::read_datagrams() {
  std::array<std::uint8_t, 4096> buffer;
  for (int i = 0; i < kMostDatagrams; ++i) {
    const auto size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
    if (size < 0) {
      if (errno == EAGAIN || errno == EINTR) return;
      return finish(outcome_of_errno(errno), std::strerror(errno));
    }
    const base::ByteView message(buffer.data(), static_cast<std::size_t>(size));
    const auto verdict = judge_answer(message, id, question);
    if (verdict.match == DnsMatch::kForeign) {
      foreign = true;
      continue;
    }
    if (verdict.match != DnsMatch::kAnswer) return ask_by_tcp();
    return take(message);
  }
}

void DnsProbe::Impl::ask_by_tcp() {
  by_tcp = true;
  const auto message = write_question(id, question);
  base::ByteWriter w;
  w.bytes16(message);  // RFC 1035 section 4.2.2: two octets of length
  out = w.take();
  if (!open(SOCK_STREAM)) return finish(outcome_of_errno(errno), std::strerror(errno));
  poll = std::make_unique<base::Poll>(loop, fd.get(), [this](int, int events) { move_stream(events); });
  poll->start(base::Poll::kWritable);
}

void DnsProbe::Impl::move_stream(int /*events*/) {
  if (out.empty()) return read_stream();
  const auto sent = ::send(fd.get(), out.data(), out.size(), MSG_NOSIGNAL);
  if (sent < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return finish(outcome_of_errno(errno), std::strerror(errno));
  }
  out.erase(out.begin(), out.begin() + sent);
  if (out.empty()) poll->start(base::Poll::kReadable);
}

// At most one message: what follows it is not read.
void DnsProbe::Impl::read_stream() {
  std::array<char, 4096> buffer;
  const auto size = ::recv(fd.get(), buffer.data(), buffer.size(), 0);
  if (size < 0) {
    if (errno == EAGAIN || errno == EINTR) return;
    return finish(outcome_of_errno(errno), std::strerror(errno));
  }
  if (size == 0) return finish(Outcome::kReset, "closed before its answer by TCP was whole");
  in.append(buffer.data(), static_cast<std::size_t>(size));
  base::ByteReader reader(base::as_bytes(in));
  const auto message = reader.bytes16();
  if (!reader.ok()) return;  // more is to come
  const auto verdict = judge_answer(message, id, question);
  if (verdict.match == DnsMatch::kForeign)
    return finish(Outcome::kProtocol, "its answer by TCP is to another question");
  take(message);
}

void DnsProbe::Impl::take(base::ByteView message) {
  const auto rcode = judge_answer(message, id, question).rcode;
  const bool wrong = check.rcode ? rcode != *check.rcode : rcode == wire::kServFail || rcode == wire::kRefused;
  if (wrong) return finish(Outcome::kMismatch, "answers " + wire::rcode_name(rcode));
  if (check.expect.empty()) return finish(Outcome::kOk, "");
  const auto records = record_texts(message, check.type);
  if (!records) return finish(Outcome::kProtocol, "its answer is malformed");
  const bool found = std::any_of(records->begin(), records->end(), [&](const std::string& record) {
    return std::find(check.expect.begin(), check.expect.end(), record) != check.expect.end();
  });
  if (found) return finish(Outcome::kOk, "");
  std::string shown;
  for (std::size_t i = 0; i < std::min(records->size(), kMostShown); ++i) shown += (i == 0 ? "" : " ") + (*records)[i];
  finish(Outcome::kMismatch, shown.empty() ? "answers without a record of the type" : "answers " + shown);
}

void DnsProbe::Impl::time_out() {
  if (failed_at_once != Outcome::kOk) return finish(failed_at_once, why);
  finish(Outcome::kTimeout, "no answer" + std::string(by_tcp ? " by TCP" : "") + " within " +
                                base::format_duration(check.timeout) +
                                (foreign ? "; what came answers another question" : ""));
}

void DnsProbe::Impl::finish(Outcome outcome, const std::string& text) {
  Observation seen;
  seen.outcome = outcome;
  seen.sent_at = begun;
  seen.latency = base::read_boot_clock() - begun;
  if (!text.empty()) seen.detail = check.server.to_string() + ": " + text;
  const auto call = std::move(on_done);
  cancel();
  call(seen);  // may destroy this
}

DnsProbe::DnsProbe(base::Loop& loop, const DnsCheck& check) : impl_(std::make_unique<Impl>(loop, check)) {}
DnsProbe::~DnsProbe() = default;

void DnsProbe::start(std::function<void(const Observation&)> on_done) {
  impl_->cancel();
  impl_->on_done = std::move(on_done);
  impl_->begin();
}

void DnsProbe::cancel() { impl_->cancel(); }

}  // namespace probes
