#include "base/io/etcd_exchange.h"

#include <utility>

namespace io::etcd {

namespace {

constexpr std::size_t kMostBody = std::size_t{64} << 10;  // an answer of one key and one lease is a few hundred bytes
constexpr std::size_t kMostMessage = 400;
// etcd hashes a password on purpose slowly (bcrypt): some 100 ms of a free core, more of a busy one.
constexpr base::Duration kLeastSignIn = base::seconds(1);

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
        begin_(exchange.loop_, [this] { attempt(); }),
        no_token_(exchange.loop_, [this] { fail_over(start_ + tried_, {}, "no token yet"); }) {
    answered_.sent_at = base::read_boot_clock();
    begin_.start(base::Duration::zero());
  }

  // Of sign_in(), that it waits for the end of.
  [[nodiscard]] bool waits() const { return waits_; }
  void signed_in(const SignIn& outcome) {
    waits_ = false;
    no_token_.stop();
    if (!exchange_.token_missing()) return ask_or_sign_in();
    fail_over(outcome.endpoint, outcome.reply, outcome.why, outcome.garbage);
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
    ask_or_sign_in();
  }

  [[nodiscard]] base::Duration share() const {
    return std::max<base::Duration>(base::milliseconds(1), share_end_ - base::read_boot_clock());
  }

  void ask_or_sign_in() {
    if (exchange_.token_missing()) {
      waits_ = true;
      no_token_.start(share());
      return exchange_.sign_in();
    }
    used_ = exchange_.token_;
    auto request = exchange_.request(endpoint(), question_.path, question_.body);
    request.timeout = share();
    request.connect_timeout = request.timeout;
    ++exchange_.counters.calls;
    call_ = exchange_.http_.start(std::move(request), [this](const HttpReply& reply) { take(reply); });
  }

  void take(const HttpReply& reply) {
    if (reply.fault != HttpFault::kNone) {
      return fail_over(endpoint(), reply, reply.detail,
                       reply.fault == HttpFault::kMalformed || reply.fault == HttpFault::kTooLarge);
    }
    if (reply.status == 200) {
      const auto accepted = question_.accept(reply.body);
      if (!accepted) return fail_over(endpoint(), reply, accepted.error().message, true);
      return settle(reply);
    }
    const auto refusal = read_refusal(reply.body);
    if (wants_token(refusal) && !exchange_.options_.user.empty() && !renewed_token_) {
      renewed_token_ = true;
      if (used_ == exchange_.token_) exchange_.forget_token();  // else another question has a new one already
      exchange_.sign_in_at_ = endpoint();
      ++exchange_.counters.failed;
      return ask_or_sign_in();
    }
    if (refusal.code != 0 && question_.settles && question_.settles(refusal)) return settle(reply);
    fail_over(endpoint(), reply, refusal.message, refusal.code == 0);
  }

  void settle(const HttpReply& reply) {
    answered_.ok = true;
    answered_.sent_at = reply.sent_at;
    answered_.message.clear();
    exchange_.answered_by(endpoint());
    finish();
  }

  // `where`: the endpoint that failed.
  void fail_over(std::size_t where, const HttpReply& reply, std::string_view why, bool garbage = false) {
    waits_ = false;
    no_token_.stop();
    ++exchange_.counters.failed;
    if (garbage) {
      ++exchange_.counters.garbage;
      answered_.garbage = true;
    }
    auto& message = answered_.message;
    if (!message.empty()) message += "; ";
    message += exchange_.options_.endpoints[where % exchange_.options_.endpoints.size()] + ": ";
    if (reply.fault != HttpFault::kNone) {
      message += std::string(name(reply.fault)) + (why.empty() ? "" : ", ");
    } else if (reply.status != 200 && reply.status != 0) {
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
  bool waits_ = false;
  std::string used_;  // the token that was sent
  base::Instant share_end_;
  Answered answered_;
  base::Timer begin_;
  base::Timer no_token_;  // the end of the share, while it waits
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

// One at a time for all questions, and with time of its own: it goes on while the questions that wait for it run out.
void Exchange::sign_in() {
  if (signing_in_) return;
  const auto endpoint = sign_in_at_ % options_.endpoints.size();
  auto out = request(endpoint, "/v3/auth/authenticate", authenticate_request(options_.user, options_.password));
  out.timeout = std::max<base::Duration>(kLeastSignIn, 2 * options_.limit);
  out.connect_timeout = options_.limit;
  ++counters.calls;
  signing_in_ = http_.start(std::move(out), [this, endpoint](const HttpReply& reply) {
    SignIn outcome{endpoint, reply, {}, false};
    take_token(outcome);
    tell(outcome);
  });
}

void Exchange::take_token(SignIn& out) {
  if (out.reply.fault != HttpFault::kNone) {
    out.why = out.reply.detail;
  } else if (out.reply.status == 200) {
    if (auto token = read_token(out.reply.body)) {
      token_ = std::move(*token);
      ++counters.authentications;
    } else {
      out.why = token.error().message;
      out.garbage = true;
    }
  } else {
    const auto refusal = read_refusal(out.reply.body);
    auth_off_ = refusal.code == kFailedPrecondition && refusal.message.find("not enabled") != std::string::npos;
    out.why = refusal.message;
    out.garbage = refusal.code == 0;
  }
  if (token_missing()) ++sign_in_at_;
}

// Each of them may end, and its callback may end this exchange.
void Exchange::tell(const SignIn& outcome) {
  signing_in_.reset();
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, ask] : asks_) {
    if (ask->waits()) waiting.push_back(id);
  }
  const std::weak_ptr<char> alive = alive_;
  for (const auto id : waiting) {
    if (alive.expired()) return;
    if (const auto ask = asks_.find(id); ask != asks_.end()) ask->second->signed_in(outcome);
  }
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
  sign_in_at_ = endpoint;
}

}  // namespace io::etcd
