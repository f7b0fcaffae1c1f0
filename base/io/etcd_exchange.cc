#include "base/io/etcd_exchange.h"

#include <utility>

namespace io::etcd {

namespace {

constexpr std::size_t kMostBody = std::size_t{64} << 10;  // an answer of one key and one lease is a few hundred bytes
constexpr std::size_t kMostMessage = 400;

}  // namespace

// A question under way: which endpoints were tried, and what remains of its limit.
class Exchange::Ask {
 public:
  Ask(Exchange& exchange, std::uint64_t id, Question question, base::Instant end,
      std::function<void(const Answered&)> on_answered)
      : exchange_(exchange),
        id_(id),
        question_(std::move(question)),
        end_(end),
        on_answered_(std::move(on_answered)),
        start_(exchange.first_),
        begin_(exchange.loop_, [this] { attempt(); }) {
    answered_.sent_at = base::read_boot_clock();
    begin_.start(base::Duration::zero());
  }

 private:
  [[nodiscard]] std::size_t endpoint() const { return (start_ + tried_) % exchange_.options_.endpoints.size(); }

  // The next endpoint gets an equal share of what remains: a silent one cannot use up the limit of the others.
  void attempt() {
    const auto now = base::read_boot_clock();
    const std::size_t left = exchange_.options_.endpoints.size() - tried_;
    if (left == 0 || now >= end_) {
      if (answered_.message.empty()) answered_.message = left == 0 ? "no endpoint" : "no time left to ask";
      return finish();
    }
    share_end_ = now + (end_ - now) / static_cast<std::int64_t>(left);
    ask_or_authenticate();
  }

  void ask_or_authenticate() {
    if (exchange_.token_missing()) {
      const auto& options = exchange_.options_;
      return send("/v3/auth/authenticate", authenticate_request(options.user, options.password),
                  [this](const HttpReply& reply) { take_token(reply); });
    }
    send(question_.path, question_.body, [this](const HttpReply& reply) { take(reply); });
  }

  void send(std::string_view path, std::string body, std::function<void(const HttpReply&)> on_reply) {
    auto request = exchange_.request(endpoint(), path, std::move(body));
    request.timeout = std::max<base::Duration>(base::milliseconds(1), share_end_ - base::read_boot_clock());
    request.connect_timeout = request.timeout;
    ++exchange_.counters.calls;
    call_ = exchange_.http_.start(std::move(request), std::move(on_reply));
  }

  void take_token(const HttpReply& reply) {
    if (reply.fault != HttpFault::kNone) return fail_over(reply, reply.detail);
    if (reply.status == 200) {
      auto token = read_token(reply.body);
      if (!token) return fail_over(reply, token.error().message, true);
      exchange_.token_ = std::move(*token);
      ++exchange_.counters.authentications;
      return ask_or_authenticate();
    }
    const auto refusal = read_refusal(reply.body);
    if (refusal.code == kFailedPrecondition && refusal.message.find("not enabled") != std::string::npos) {
      exchange_.auth_off_ = true;
      return ask_or_authenticate();
    }
    fail_over(reply, refusal.message, refusal.code == 0);
  }

  void take(const HttpReply& reply) {
    if (reply.fault != HttpFault::kNone) {
      return fail_over(reply, reply.detail,
                       reply.fault == HttpFault::kMalformed || reply.fault == HttpFault::kTooLarge);
    }
    if (reply.status == 200) {
      const auto accepted = question_.accept(reply.body);
      if (!accepted) return fail_over(reply, accepted.error().message, true);
      return settle(reply);
    }
    const auto refusal = read_refusal(reply.body);
    if (wants_token(refusal) && !exchange_.options_.user.empty() && !renewed_token_) {
      renewed_token_ = true;
      exchange_.forget_token();
      ++exchange_.counters.failed;
      return ask_or_authenticate();
    }
    if (refusal.code != 0 && question_.settles && question_.settles(refusal)) return settle(reply);
    fail_over(reply, refusal.message, refusal.code == 0);
  }

  void settle(const HttpReply& reply) {
    answered_.ok = true;
    answered_.sent_at = reply.sent_at;
    answered_.message.clear();
    exchange_.answered_by(endpoint());
    finish();
  }

  void fail_over(const HttpReply& reply, std::string_view why, bool garbage = false) {
    ++exchange_.counters.failed;
    if (garbage) {
      ++exchange_.counters.garbage;
      answered_.garbage = true;
    }
    auto& message = answered_.message;
    if (!message.empty()) message += "; ";
    message += exchange_.options_.endpoints[endpoint()] + ": ";
    if (reply.fault != HttpFault::kNone) {
      message += std::string(name(reply.fault)) + (why.empty() ? "" : ", ");
    } else if (reply.status != 200) {
      message += "HTTP " + std::to_string(reply.status) + (why.empty() ? "" : ", ");
    }
    message += why;
    if (message.size() > kMostMessage) message.resize(kMostMessage);
    ++tried_;
    attempt();
  }

  void finish() {
    const auto answered = std::move(answered_);
    const auto on_answered = std::move(on_answered_);
    exchange_.asks_.erase(id_);  // this is gone
    on_answered(answered);
  }

  Exchange& exchange_;
  std::uint64_t id_;
  Question question_;
  base::Instant end_;
  std::function<void(const Answered&)> on_answered_;
  std::size_t start_;
  std::size_t tried_ = 0;
  bool renewed_token_ = false;
  base::Instant share_end_;
  Answered answered_;
  base::Timer begin_;
  std::unique_ptr<HttpCall> call_;
};

Exchange::Exchange(base::Loop& loop, EtcdOptions options) : loop_(loop), options_(std::move(options)), http_(loop, 32) {
  for (auto& endpoint : options_.endpoints) {
    while (endpoint.ends_with('/')) endpoint.pop_back();
  }
}

Exchange::~Exchange() = default;

void Exchange::ask(Question question, base::Instant end, std::function<void(const Answered&)> on_answered) {
  const auto id = next_++;
  asks_.emplace(id, std::make_unique<Ask>(*this, id, std::move(question), end, std::move(on_answered)));
}

HttpRequest Exchange::request(std::size_t endpoint, std::string_view path, std::string body) const {
  HttpRequest out;
  out.method = "POST";
  out.url = options_.endpoints[endpoint] + std::string(path);
  out.headers = {{"Content-Type", "application/json"}};
  if (!token_.empty()) out.headers.emplace_back("Authorization", token_);
  out.body = std::move(body);
  out.max_body = kMostBody;
  out.tls = options_.tls;
  return out;
}

std::unique_ptr<HttpCall> Exchange::stream(std::string_view path, std::string body,
                                           std::function<bool(int status, std::string_view part)> on_part,
                                           std::function<void(const HttpReply&)> on_end) {
  auto out = request(first_, path, std::move(body));
  out.timeout = options_.limit;
  out.connect_timeout = options_.limit;
  out.on_part = std::move(on_part);
  ++counters.calls;
  return http_.start(std::move(out), std::move(on_end));
}

void Exchange::forget_token() {
  token_.clear();
  auth_off_ = false;
}

const std::string& Exchange::endpoint() const {
  static const std::string kNone;
  return options_.endpoints.empty() ? kNone : options_.endpoints[first_];
}

void Exchange::answered_by(std::size_t endpoint) {
  if (std::exchange(first_, endpoint) != endpoint) ++counters.failovers;
}

}  // namespace io::etcd
