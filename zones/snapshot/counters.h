// What the data plane counts. Each worker writes its own block without read-modify-write instructions; any other
// thread reads it with relaxed loads, so a sum may miss the newest packets but never goes back.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <vector>

#include "zones/snapshot/seen_queries.h"

namespace snapshot {

enum class Counter : std::uint8_t {
  // Queries by transport.
  kUdp4,
  kUdp6,
  kTcp4,
  kTcp6,
  // What was answered (one per response).
  kAnswer,
  kNodata,
  kNxdomain,
  kReferral,
  kChaos,
  kCookieOnly,
  kRefused,
  kServfail,
  kFormerr,
  kNotimp,
  kBadvers,
  kYxdomain,
  // Properties of queries and responses.
  kEdns,
  kTruncated,
  kDynamic,
  kStale,
  kNotReady,
  kOversize,
  kCookieNew,
  kCookieGood,
  kCookieBad,
  kRateSlipped,
  // Dropped without an answer.
  kDropShort,
  kDropResponse,
  kRateDropped,
  kSendFailed,
  // TCP.
  kTcpAccepted,
  kTcpRefusedTotal,
  kTcpRefusedClient,
  kTcpIdleClosed,
  kTcpGarbageClosed,
  kTcpClosed,
  // Octets of DNS messages.
  kBytesIn,
  kBytesOut,
  kCount,
};
inline constexpr std::size_t kCounters = static_cast<std::size_t>(Counter::kCount);
inline constexpr std::size_t kRcodes = 25;  // extended rcodes above 23 are counted in the last

// "udp4", "drop_short"…: stable, for metrics. `group`: "transport", "outcome", "property", "drop", "tcp", "bytes".
struct CounterName {
  const char* group;
  const char* name;
};
[[nodiscard]] CounterName counter_name(Counter counter);

// A sum over workers, at one moment.
struct Summed {
  std::array<std::uint64_t, kCounters> counters{};
  std::array<std::uint64_t, kRcodes> rcodes{};

  [[nodiscard]] std::uint64_t operator[](Counter c) const { return counters[static_cast<std::size_t>(c)]; }
  [[nodiscard]] std::uint64_t queries() const {
    return (*this)[Counter::kUdp4] + (*this)[Counter::kUdp6] + (*this)[Counter::kTcp4] + (*this)[Counter::kTcp6];
  }
};

// One worker's block.
class alignas(64) WorkerCounters {
 public:
  void add(Counter counter, std::uint64_t n = 1) { bump(counters_[static_cast<std::size_t>(counter)], n); }
  void add_rcode(std::uint16_t rcode) { bump(rcodes_[rcode < kRcodes ? rcode : kRcodes - 1], 1); }
  void sum_into(Summed& out) const;
  [[nodiscard]] SeenQueries& seen() { return seen_; }
  [[nodiscard]] const SeenQueries& seen() const { return seen_; }

 private:
  static void bump(std::atomic<std::uint64_t>& cell, std::uint64_t n) {
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  std::array<std::atomic<std::uint64_t>, kCounters> counters_{};
  std::array<std::atomic<std::uint64_t>, kRcodes> rcodes_{};
  SeenQueries seen_;
};

// All blocks of a process. Any thread may call.
class CounterBoard {
 public:
  // Lives as long as the board.
  [[nodiscard]] WorkerCounters& add_worker();
  [[nodiscard]] Summed sum() const;
  // Queries for dynamic names that were seen since this was asked last with the same `marks` (one a worker), empty at
  // first: a sample.
  [[nodiscard]] std::vector<SeenQuery> seen(std::vector<SeenQueries::Mark>& marks) const;

 private:
  mutable std::mutex lock_;  // guards the list; the blocks are read without it
  std::deque<WorkerCounters> workers_;
};

}  // namespace snapshot
