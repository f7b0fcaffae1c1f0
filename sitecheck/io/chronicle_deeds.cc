// What was done, and what became of it: permits, fences, promotions, returns, guards, etcd, service addresses.
#include "sitecheck/io/chronicle_impl.h"

namespace sitecheck {

namespace {

std::string_view words(core::Closing c) {
  switch (c) {
    case core::Closing::kClosed: return "closed";
    case core::Closing::kProcessGone: return "its process is gone";
    case core::Closing::kUnknown: return "not confirmed closed";
  }
  return "";
}

std::string_view words(core::PromoteStep s) {
  switch (s) {
    case core::PromoteStep::kArmGuard: return "the guard is armed";
    case core::PromoteStep::kPersistEpoch: return "the epoch is on the disk";
    case core::PromoteStep::kStopReplication: return "no more is received";
    case core::PromoteStep::kApplyReceived: return "all that was received is applied";
    case core::PromoteStep::kOpenSuper: return "super_read_only is off";
    case core::PromoteStep::kInsertEpochRow: return "the epoch stands in the database";
    case core::PromoteStep::kOpenWrites: return "writes are open";
  }
  return "";
}

std::string token_key(const char* what, const std::string& pool, std::uint64_t token) {
  return std::string(what) + " " + pool + "/" + std::to_string(token);
}

std::string with(std::string text, const std::string& detail) {
  return detail.empty() ? text : std::move(text) + ": " + detail;
}

}  // namespace

void Chronicle::Impl::deed(const core::SetPermit& a) {
  const auto source = site->pool(a.pool, now).arbiter.source;
  const std::string key = "permit " + pool(a.pool);
  const auto before = last.find(key);
  const std::string was = before == last.end() ? "" : before->second;
  if (source.empty() || !news(key, source)) return;
  add(key, base::Level::kInfo, "permit.source",
      "the permit to write comes from " + source + (was.empty() ? "" : ", no longer from " + was),
      {{"pool", pool(a.pool)}});
}

void Chronicle::Impl::deed(const core::ClearPermit& a) {
  if (last.erase("permit " + pool(a.pool)) == 0) return;
  add("permit " + pool(a.pool), base::Level::kInfo, "permit.given_up", "the permit to write is given up",
      {{"pool", pool(a.pool)}});
}

void Chronicle::Impl::deed(const core::Fence& a) {
  begun[token_key("fence", pool(a.pool), a.token)] = now;
  add("fence " + pool(a.pool), base::Level::kWarn, "fence.begun",
      with(a.hard ? "the databases are being closed by force" : "the databases are being closed", a.reason),
      {{"pool", pool(a.pool)}});
}

void Chronicle::Impl::take(const core::FenceDone& e) {
  const auto took = since(token_key("fence", pool(e.pool), e.token));
  const bool done = e.closing != core::Closing::kUnknown;
  add("fence " + pool(e.pool), done ? base::Level::kInfo : base::Level::kWarn, done ? "fence.done" : "fence.open",
      with(done ? "the databases are closed" + took : "not every database is confirmed closed" + took, e.message),
      {{"pool", pool(e.pool)}});
}

void Chronicle::Impl::take(const core::ReadOnlyAsserted& e) {
  const std::string key = "closing " + pool(e.pool) + "/" + node(e.pool, e.node);
  if (!news(key, std::string(words(e.closing)))) return;
  const bool unknown = e.closing == core::Closing::kUnknown;
  add(key, unknown ? base::Level::kWarn : base::Level::kInfo, "node.closed",
      with(node(e.pool, e.node) + ": " + std::string(words(e.closing)), unknown ? e.message : ""),
      {{"pool", pool(e.pool)}, {"node", node(e.pool, e.node)}});
}

void Chronicle::Impl::take(const core::Persisted& e) {
  if (e.ok) return;
  add("state " + pool(e.pool), base::Level::kError, "state.failed", with("the state cannot be stored", e.message),
      {{"pool", pool(e.pool)}});
}

void Chronicle::Impl::deed(const core::Promote& a) { begun[token_key("promote", pool(a.pool), a.attempt)] = now; }

void Chronicle::Impl::take(const core::PromoteDone& e) {
  const auto took = since(token_key("promote", pool(e.pool), e.attempt));
  add("promote " + pool(e.pool), e.ok ? base::Level::kInfo : base::Level::kWarn, "promote.step",
      e.ok ? std::string(words(e.step)) + took
           : with("the promotion fails at " + std::string(core::name(e.step)) + took, e.message),
      {{"pool", pool(e.pool)}});
}

void Chronicle::Impl::deed(const core::Rejoin& a) {
  begun[token_key("rejoin", pool(a.pool), a.token)] = now;
  const std::string key = "rejoin " + pool(a.pool) + "/" + node(a.pool, a.node);
  const std::string source = a.source ? node(a.pool, *a.source) : "the writer of " + a.of;
  if (!news(key, source)) return;
  add(key, base::Level::kInfo, "node.rejoin", node(a.pool, a.node) + " is made a replica of " + source,
      {{"pool", pool(a.pool)}, {"node", node(a.pool, a.node)}});
}

void Chronicle::Impl::take(const core::RejoinDone& e) {
  const auto took = since(token_key("rejoin", pool(e.pool), e.token));
  const std::string outcome = e.ok ? "it replicates" : with("it does not replicate", e.message);
  if (!news("rejoined " + pool(e.pool), outcome)) return;
  add("rejoin " + pool(e.pool), e.ok ? base::Level::kInfo : base::Level::kWarn,
      e.ok ? "node.rejoined" : "node.rejoin_failed", outcome + took, {{"pool", pool(e.pool)}});
}

void Chronicle::Impl::take(const core::GuardStatus& e) {
  if (!news("guard " + pool(e.pool), e.alive ? "alive" : "dead")) return;
  add("guard " + pool(e.pool), e.alive ? base::Level::kInfo : base::Level::kWarn,
      e.alive ? "guard.alive" : "guard.dead",
      with(e.alive ? "the guard answers" : "the guard does not answer", e.alive ? "" : e.message),
      {{"pool", pool(e.pool)}});
}

void Chronicle::Impl::deed(const core::EtcdCampaign& a) {
  etcd_asked[token_key("campaign", pool(a.pool), a.token)] = a.token;
  add("campaign " + pool(a.pool), base::Level::kInfo, "etcd.campaign", "this site asks etcd for the writer",
      {{"pool", pool(a.pool)}});
}
void Chronicle::Impl::deed(const core::EtcdKeepAlive& a) {
  etcd_asked[token_key("keepalive", pool(a.pool), a.token)] = a.token;
}
void Chronicle::Impl::deed(const core::EtcdRelease& a) {
  etcd_asked[token_key("release", pool(a.pool), a.token)] = a.token;
  add("release " + pool(a.pool), base::Level::kInfo, "etcd.release", "this site gives its lease in etcd back",
      {{"pool", pool(a.pool)}});
}

void Chronicle::Impl::deed(const core::TestService& a) {
  add("service of " + a.site + " " + pool(a.pool), base::Level::kInfo, "service.told",
      a.address.empty() ? a.site + " tells no service address"
                        : "the service address of " + a.site + " is tested from here: " + a.address,
      {{"pool", pool(a.pool)}, {"site", a.site}});
}

void Chronicle::Impl::take(const core::EtcdDone& e) {
  const bool ok = e.result == core::EtcdResult::kDone;
  const auto level = ok ? base::Level::kInfo : base::Level::kWarn;
  const Fields where = {{"pool", pool(e.pool)}, {"lease", e.lease_id == 0 ? "" : std::to_string(e.lease_id)}};
  const std::string down = with("etcd cannot be asked", e.message);
  if (etcd_asked.erase(token_key("campaign", pool(e.pool), e.token)) != 0) {
    std::string message = down;
    if (ok) message = "etcd gives the writer to this site, revision " + std::to_string(e.create_revision);
    if (e.result == core::EtcdResult::kLost) message = "etcd says that " + e.owner.site + " is the writer";
    return add("campaign " + pool(e.pool), level, ok ? "etcd.won" : "etcd.lost", std::move(message), where);
  }
  if (etcd_asked.erase(token_key("release", pool(e.pool), e.token)) != 0) {
    return add("release " + pool(e.pool), level, "etcd.released", ok ? "the lease in etcd is gone" : down, where);
  }
  etcd_asked.erase(token_key("keepalive", pool(e.pool), e.token));
  const std::string key = "keepalive " + pool(e.pool);
  std::string message = ok ? "etcd renews the lease" : down;
  if (e.result == core::EtcdResult::kLost) message = "etcd says that the lease is no more";
  if (news(key, message)) add(key, level, ok ? "etcd.renewed" : "etcd.not_renewed", std::move(message), where);
}

void Chronicle::Impl::take(const core::EtcdWatched& e) {
  std::string message =
      e.owner.site.empty() ? "etcd: nobody is the writer" : "etcd: " + e.owner.site + " is the writer";
  if (!e.known) message = with("etcd is not heard", e.message);
  add("etcd " + pool(e.pool), e.known ? base::Level::kInfo : base::Level::kWarn, e.known ? "etcd.owner" : "etcd.silent",
      std::move(message), {{"pool", pool(e.pool)}});
}

void Chronicle::Impl::take(const core::ServiceTested& e) {
  const std::string key = "service " + pool(e.pool) + " at " + e.site;
  const bool first = !last.contains(key);
  if (!news(key, e.ok ? "up" : "down") || (first && e.ok)) return;
  add(key, e.ok ? base::Level::kInfo : base::Level::kWarn, e.ok ? "service.up" : "service.down",
      with("the service address of " + e.site + (e.ok ? " answers again" : " does not answer"), e.ok ? "" : e.message),
      {{"pool", pool(e.pool)}, {"site", e.site}});
}

}  // namespace sitecheck
