#include "sitecheck/core/arbiter_etcd.h"

#include <algorithm>
#include <utility>

namespace core {

namespace {

constexpr base::Duration kCandidacy = base::seconds(1);  // section 3: 1 s, and never less than four intervals

}  // namespace

base::Duration ArbiterEtcd::campaign_limit() const {
  // What a later answer would leave of the lease is not worth a promotion.
  return std::min(std::max(kCandidacy, 4 * timing().interval), timing().lease / 2);
}

std::optional<std::string> ArbiterEtcd::refuse(const Peer& /*p*/, const ecv::Datagram& /*d*/) {
  return "another arbiter";
}

bool ArbiterEtcd::may_stand() {
  if (held_back_by_silence() || campaign_ || lease_id() != 0 || !known_) return false;
  return owner_.site.empty();
}

bool ArbiterEtcd::stand() {
  if (campaign_ || lease_id() != 0) return false;
  campaign_ = Asked{next_token(), now()};
  emit(EtcdCampaign{pool(), campaign_->token, campaign_limit()});
  return true;
}

void ArbiterEtcd::act_candidate() {
  if (won_) {
    const auto from = *std::exchange(won_, std::nullopt);
    begin_promotion(Cause::kEtcd, from);  // rule 1: from the send
    if (state() == State::kPromoting) return;
    owes_ = true;
    if (state() == State::kCandidate) stop_standing("the answer of etcd came too late", retry());
    return;
  }
  // The outcome comes in time, by contract.
  if (now() - candidate_since() > campaign_limit() + timing().interval) stop_standing("etcd does not answer", retry());
}

void ArbiterEtcd::stop() {
  if (campaign_) void_campaigns_.push_back(*campaign_);
  campaign_.reset();
  if (won_) owes_ = true;
  won_.reset();
}

void ArbiterEtcd::take(const EtcdDone& e) {
  if (campaign_ && e.token == campaign_->token) return campaigned(e);
  const auto same = [&e](const Asked& a) { return a.token == e.token; };
  if (const auto late = std::find_if(void_campaigns_.begin(), void_campaigns_.end(), same);
      late != void_campaigns_.end()) {
    void_campaigns_.erase(late);
    if (e.lease_id != 0 && e.result != EtcdResult::kLost) strays_.push_back(e.lease_id);
    return;
  }
  const auto keepalive = std::find_if(keepalives_.begin(), keepalives_.end(), same);
  if (keepalive == keepalives_.end()) return;  // of a lease that was given up, or of a release
  const auto sent_at = keepalive->sent_at;
  keepalives_.erase(keepalive);
  kept(e, sent_at);
}

void ArbiterEtcd::campaigned(const EtcdDone& e) {
  const auto asked = *campaign_;
  campaign_.reset();
  switch (e.result) {
    case EtcdResult::kLost: return stop_standing("etcd: " + e.owner.site + " has the key", retry());
    case EtcdResult::kUnavailable:
      message_ = e.message;
      if (e.lease_id != 0) strays_.push_back(e.lease_id);
      return stop_standing("etcd: " + (e.message.empty() ? std::string("no answer") : e.message), retry());
    case EtcdResult::kDone: break;
  }
  set_lease_id(e.lease_id);
  revision_ = e.create_revision;
  kept_at_ = asked.sent_at;
  owes_ = false;
  won_ = asked.sent_at;
}

void ArbiterEtcd::kept(const EtcdDone& e, base::Instant sent_at) {
  if (!holds()) return;
  switch (e.result) {
    case EtcdResult::kDone:
      clear_alarm("etcd_lease");
      if (permit().grant(sent_at, now())) renewed(Counter::kRenewedByEtcd);
      return;
    case EtcdResult::kLost: return lost("etcd: the lease is no more");
    case EtcdResult::kUnavailable:
      message_ = e.message;
      raise_alarm("etcd_lease", "etcd does not renew the lease" + (e.message.empty() ? "" : ": " + e.message));
      return;
  }
}

void ArbiterEtcd::lost(const std::string& why) {
  message_ = why;
  permit_lost(why);
}

void ArbiterEtcd::take(const EtcdWatched& e) {
  known_ = e.known;
  if (!known_) {
    message_ = e.message;
    return raise_alarm("etcd", "etcd is not heard" + (e.message.empty() ? "" : ": " + e.message));
  }
  clear_alarm("etcd");
  owner_ = e.owner;
  if (!holds() || owner_.site.empty()) return;  // nobody: an old word, or the next keepalive tells
  if (owner_.site == site().site) {
    revision_ = std::max(revision_, owner_.create_revision);
    return;
  }
  // A key that was made before ours is news from the past.
  if (owner_.create_revision > revision_) lost("etcd: " + owner_.site + " has the key");
}

void ArbiterEtcd::act() {
  if (holds()) {
    if (lease_id() == 0 || (kept_at_ && now() - *kept_at_ < timing().interval)) return;
    kept_at_ = now();
    keepalives_.push_back({next_token(), now()});
    return emit(EtcdKeepAlive{pool(), keepalives_.back().token, lease_id(), timing().lease / 2});
  }
  if (state() == State::kFencing || !closed()) return;
  if (owes_ && lease_id() != 0) strays_.push_back(lease_id());
  if (owes_) {
    set_lease_id(0);
    revision_ = 0;
    owes_ = false;
  }
  for (const auto id : strays_) emit(EtcdRelease{pool(), next_token(), id});
  strays_.clear();
}

void ArbiterEtcd::give_up() {
  stop();
  keepalives_.clear();
  clear_alarm("etcd_lease");
  owes_ = lease_id() != 0;
}

void ArbiterEtcd::resume(const LoadedPool::Permit& p, bool active) {
  set_lease_id(p.lease_id);
  if (active) {
    permit().extend(p.deadline);
  } else {
    owes_ = p.lease_id != 0;
  }
}

// This site stands back, so that another makes the key.
void ArbiterEtcd::release(Peer* target) {
  stand_back(target, "revoked the lease");
  act();
}

std::uint64_t ArbiterEtcd::least_counter() const { return std::max(revision_, owner_.create_revision); }

void ArbiterEtcd::deadlines(Earliest& next) const {
  if (holds() && kept_at_) next.consider(*kept_at_ + timing().interval);
}

ArbiterView ArbiterEtcd::view(base::Instant /*at*/) const {
  ArbiterView v;
  v.kind = "etcd";
  if (permit().until()) v.source = "the etcd lease";
  v.etcd_heard = known_;
  if (known_) v.etcd_owner = owner_.site;
  v.lease_id = lease_id();
  v.message = message_;
  return v;
}

}  // namespace core
