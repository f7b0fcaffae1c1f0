#include "base/io/etcd_client.h"

#include <openssl/rand.h>

#include <utility>

#include "base/io/etcd_exchange.h"
#include "base/io/etcd_message.h"
#include "base/io/etcd_watch.h"

namespace io {

namespace {

// Not zero, by which etcd would choose itself; 62 random bits never meet another lease.
std::int64_t random_lease() {
  std::uint64_t out = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&out), sizeof out) != 1) out = 0;
  out += static_cast<std::uint64_t>(base::read_boot_clock().time_since_epoch().count());  // if there was no randomness
  return static_cast<std::int64_t>((out >> 2U) | 1U);
}

// Keeps what a reader took out of the body; `out` lives in the question's own closure.
template <typename T, typename Reader>
std::function<base::Result<void>(std::string_view)> taking(std::shared_ptr<T> out, Reader reader) {
  return [out = std::move(out), reader = std::move(reader)](std::string_view body) -> base::Result<void> {
    auto read = reader(body);
    if (!read) return tl::unexpected(read.error());
    *out = std::move(*read);
    return {};
  };
}

template <typename Outcome>
Outcome outcome_of(const etcd::Answered& answered) {
  Outcome out;
  out.outcome = answered.ok ? EtcdOutcome::kDone : EtcdOutcome::kUnavailable;
  out.sent_at = answered.sent_at;
  out.message = answered.message;
  out.garbage = answered.garbage;
  return out;
}

}  // namespace

struct EtcdClient::Impl {
  std::shared_ptr<etcd::Exchange> exchange;  // shared with watches, which hold it weakly

  [[nodiscard]] base::Instant end(Limit limit) const {
    return base::read_boot_clock() + limit.value_or(exchange->options().limit);
  }
  [[nodiscard]] std::string full(std::string_view key) const { return exchange->options().prefix + std::string(key); }
};

namespace {

// One candidacy: a lease, then the transaction with what remains of the limit.
struct Candidacy : std::enable_shared_from_this<Candidacy> {
  std::weak_ptr<etcd::Exchange> exchange;
  std::string key;
  std::string value;
  base::Instant end;
  std::function<void(const EtcdCampaign&)> on_outcome;
  EtcdCampaign outcome;

  void begin(std::int64_t ttl_s) {
    outcome.lease_id = random_lease();
    outcome.sent_at = base::read_boot_clock();
    auto granted = std::make_shared<std::int64_t>(ttl_s);
    etcd::Question question{"/v3/lease/grant", etcd::grant_request(outcome.lease_id, ttl_s), {}, {}};
    question.accept =
        taking(granted, [id = outcome.lease_id](std::string_view body) { return etcd::read_grant(body, id); });
    // "Already exists": an earlier endpoint passed it on although its answer never came.
    question.settles = [](const etcd::Refusal& refusal) {
      return refusal.message == "etcdserver: lease already exists";
    };
    exchange.lock()->ask(std::move(question), end,
                         [self = shared_from_this(), granted](const etcd::Answered& answered) {
                           self->outcome.ttl_s = *granted;
                           if (answered.ok) return self->stand();
                           self->give_up(EtcdOutcome::kUnavailable, answered);
                         });
  }

  void stand() {
    auto answer = std::make_shared<etcd::CampaignAnswer>();
    etcd::Question question{"/v3/kv/txn", etcd::campaign_request(key, value, outcome.lease_id), {}, {}};
    question.accept = taking(answer, [k = key](std::string_view body) { return etcd::read_campaign(body, k); });
    exchange.lock()->ask(std::move(question), end, [self = shared_from_this(), answer](const etcd::Answered& answered) {
      self->decide(*answer, answered);
    });
  }

  void decide(const etcd::CampaignAnswer& answer, const etcd::Answered& answered) {
    if (!answered.ok) return give_up(EtcdOutcome::kUnavailable, answered);
    // An owner with this very lease is this candidate: its first transaction was done, and the answer lost.
    const bool won = answer.succeeded || answer.owner.lease_id == outcome.lease_id;
    if (!won) {
      outcome.owner = answer.owner;
      return give_up(EtcdOutcome::kLost, answered);
    }
    outcome.outcome = EtcdOutcome::kDone;
    outcome.create_revision = answer.succeeded ? answer.revision : answer.owner.create_revision;
    on_outcome(outcome);
  }

  void give_up(EtcdOutcome how, const etcd::Answered& answered) {
    const auto alive = exchange.lock();
    etcd::Question revoke{"/v3/lease/revoke", etcd::lease_request(outcome.lease_id), etcd::read_header,
                          [](const etcd::Refusal& refusal) { return refusal.code == etcd::kNotFound; }};
    alive->ask(std::move(revoke), base::read_boot_clock() + alive->options().limit, [](const etcd::Answered&) {});
    outcome.outcome = how;
    outcome.message = answered.message;
    outcome.garbage = answered.garbage;
    outcome.ttl_s = 0;
    on_outcome(outcome);
  }
};

}  // namespace

EtcdClient::EtcdClient(base::Loop& loop, EtcdOptions options) : impl_(std::make_unique<Impl>()) {
  impl_->exchange = std::make_shared<etcd::Exchange>(loop, std::move(options));
}

EtcdClient::~EtcdClient() = default;

void EtcdClient::campaign(std::string_view key, std::string_view value, std::int64_t ttl_s,
                          std::function<void(const EtcdCampaign&)> on_outcome, Limit limit) {
  auto candidacy = std::make_shared<Candidacy>();
  candidacy->exchange = impl_->exchange;
  candidacy->key = impl_->full(key);
  candidacy->value = value;
  candidacy->end = impl_->end(limit);
  candidacy->on_outcome = std::move(on_outcome);
  candidacy->begin(ttl_s);
}

void EtcdClient::keep_alive(std::int64_t lease_id, std::function<void(const EtcdKeepAlive&)> on_outcome, Limit limit) {
  auto ttl = std::make_shared<std::int64_t>(0);
  etcd::Question question{"/v3/lease/keepalive", etcd::lease_request(lease_id), {}, {}};
  question.accept = taking(ttl, [lease_id](std::string_view body) { return etcd::read_keep_alive(body, lease_id); });
  impl_->exchange->ask(std::move(question), impl_->end(limit),
                       [ttl, on_outcome = std::move(on_outcome)](const etcd::Answered& answered) {
                         auto out = outcome_of<EtcdKeepAlive>(answered);
                         out.ttl_s = answered.ok ? *ttl : 0;
                         if (answered.ok && *ttl <= 0) out.outcome = EtcdOutcome::kLost;
                         on_outcome(out);
                       });
}

void EtcdClient::release(std::int64_t lease_id, std::function<void(const EtcdReply&)> on_outcome, Limit limit) {
  etcd::Question question{"/v3/lease/revoke", etcd::lease_request(lease_id), etcd::read_header,
                          [](const etcd::Refusal& refusal) { return refusal.code == etcd::kNotFound; }};
  impl_->exchange->ask(std::move(question), impl_->end(limit),
                       [on_outcome = std::move(on_outcome)](const etcd::Answered& answered) {
                         on_outcome(outcome_of<EtcdReply>(answered));
                       });
}

void EtcdClient::read(std::string_view key, std::function<void(const EtcdRead&)> on_outcome, Limit limit) {
  auto answer = std::make_shared<etcd::RangeAnswer>();
  const auto name = impl_->full(key);
  etcd::Question question{"/v3/kv/range", etcd::range_request(name), {}, {}};
  question.accept = taking(answer, [name](std::string_view body) { return etcd::read_range(body, name); });
  impl_->exchange->ask(std::move(question), impl_->end(limit),
                       [answer, on_outcome = std::move(on_outcome)](const etcd::Answered& answered) {
                         auto out = outcome_of<EtcdRead>(answered);
                         if (answered.ok) {
                           out.owner = answer->owner;
                           out.revision = answer->revision;
                         }
                         on_outcome(out);
                       });
}

std::unique_ptr<EtcdWatch> EtcdClient::watch(std::string_view key, std::function<void(const EtcdView&)> on_change) {
  return etcd::make_watch(impl_->exchange, impl_->full(key), std::move(on_change));
}

const EtcdCounters& EtcdClient::counters() const { return impl_->exchange->counters; }
const std::string& EtcdClient::endpoint() const { return impl_->exchange->endpoint(); }

}  // namespace io
