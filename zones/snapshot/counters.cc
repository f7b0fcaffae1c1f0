#include "zones/snapshot/counters.h"

namespace snapshot {

CounterName counter_name(Counter counter) {
  switch (counter) {
    case Counter::kUdp4: return {"transport", "udp4"};
    case Counter::kUdp6: return {"transport", "udp6"};
    case Counter::kTcp4: return {"transport", "tcp4"};
    case Counter::kTcp6: return {"transport", "tcp6"};
    case Counter::kAnswer: return {"outcome", "answer"};
    case Counter::kNodata: return {"outcome", "nodata"};
    case Counter::kNxdomain: return {"outcome", "nxdomain"};
    case Counter::kReferral: return {"outcome", "referral"};
    case Counter::kChaos: return {"outcome", "chaos"};
    case Counter::kCookieOnly: return {"outcome", "cookie_only"};
    case Counter::kRefused: return {"outcome", "refused"};
    case Counter::kServfail: return {"outcome", "servfail"};
    case Counter::kFormerr: return {"outcome", "formerr"};
    case Counter::kNotimp: return {"outcome", "notimp"};
    case Counter::kBadvers: return {"outcome", "badvers"};
    case Counter::kYxdomain: return {"outcome", "yxdomain"};
    case Counter::kEdns: return {"property", "edns"};
    case Counter::kTruncated: return {"property", "truncated"};
    case Counter::kDynamic: return {"property", "dynamic"};
    case Counter::kStale: return {"property", "stale"};
    case Counter::kNotReady: return {"property", "not_ready"};
    case Counter::kOversize: return {"property", "oversize"};
    case Counter::kCookieNew: return {"property", "cookie_new"};
    case Counter::kCookieGood: return {"property", "cookie_good"};
    case Counter::kCookieBad: return {"property", "cookie_bad"};
    case Counter::kRateSlipped: return {"property", "rate_slipped"};
    case Counter::kDropShort: return {"drop", "short"};
    case Counter::kDropResponse: return {"drop", "response"};
    case Counter::kRateDropped: return {"drop", "rate_limited"};
    case Counter::kSendFailed: return {"drop", "send_failed"};
    case Counter::kTcpAccepted: return {"tcp", "accepted"};
    case Counter::kTcpRefusedTotal: return {"tcp", "refused_total"};
    case Counter::kTcpRefusedClient: return {"tcp", "refused_client"};
    case Counter::kTcpIdleClosed: return {"tcp", "idle_closed"};
    case Counter::kTcpGarbageClosed: return {"tcp", "garbage_closed"};
    case Counter::kTcpClosed: return {"tcp", "closed"};
    case Counter::kBytesIn: return {"bytes", "in"};
    case Counter::kBytesOut: return {"bytes", "out"};
    case Counter::kCount: break;
  }
  return {"", ""};
}

void WorkerCounters::sum_into(Summed& out) const {
  for (std::size_t i = 0; i < kCounters; ++i) out.counters[i] += counters_[i].load(std::memory_order_relaxed);
  for (std::size_t i = 0; i < kRcodes; ++i) out.rcodes[i] += rcodes_[i].load(std::memory_order_relaxed);
}

WorkerCounters& CounterBoard::add_worker() {
  const std::lock_guard guard(lock_);
  return workers_.emplace_back();
}

Summed CounterBoard::sum() const {
  Summed out;
  const std::lock_guard guard(lock_);
  for (const auto& worker : workers_) worker.sum_into(out);
  return out;
}

std::vector<SeenQuery> CounterBoard::seen(std::vector<SeenQueries::Mark>& marks) const {
  const std::lock_guard guard(lock_);
  marks.resize(workers_.size());
  std::vector<SeenQuery> out;
  for (std::size_t i = 0; i < workers_.size(); ++i) workers_[i].seen().read(marks[i], out);
  return out;
}

}  // namespace snapshot
