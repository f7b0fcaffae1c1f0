// How many responses each network of clients gets per second (response rate limiting): a server that answers forged
// addresses at any rate is a weapon. By UDP only; who asks by TCP, or with a good cookie, is who he says.
//
// One table for all workers. An account is (network, kind, what was answered); so all names below one wildcard, and all
// that do not exist in one zone, are one account. Nothing is allocated after the start: the table is an array of sets
// of four cells, and the account with the least debt gives way to a new one. Cells are read and written without a lock
// or a read-modify-write: two workers at once may count one response less.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/ip.h"
#include "base/time.h"
#include "dnsd/data/siphash.h"

namespace data {

struct RateOptions {
  // Per second and account, 0: no limit.
  std::uint32_t responses = 0;  // answers, NODATA, referrals
  std::uint32_t nxdomains = 0;
  std::uint32_t errors = 0;  // REFUSED, FORMERR, SERVFAIL, NOTIMP, BADVERS
  // A debt grows to as many seconds' worth: a network that floods is limited this long after.
  base::Duration window = base::seconds(15);
  std::uint32_t slip = 2;  // each so many-th response that is over the limit goes out truncated; 0: none
  std::uint8_t ipv4_prefix = 24;
  std::uint8_t ipv6_prefix = 56;
  std::vector<base::Prefix> exempt;
  std::uint32_t accounts = 65536;  // rounded up to a power of two; 8 octets each
};

enum class RateKind : std::uint8_t { kResponse, kNxdomain, kError };

class RateLimiter {
 public:
  // `key`: random.
  RateLimiter(const RateOptions& options, const SipKey& key);
  RateLimiter(const RateLimiter&) = delete;
  RateLimiter& operator=(const RateLimiter&) = delete;

  // Counts a response; true if it is over the limit and its client is not exempt. `client`: 4 or 16 octets in network
  // order. `source`: what was answered, any number. Any thread.
  [[nodiscard]] bool over(RateKind kind, base::ByteView client, std::uint32_t source, base::Instant now);
  [[nodiscard]] std::uint32_t slip() const { return slip_; }

 private:
  static constexpr std::size_t kWays = 4;
  [[nodiscard]] std::uint64_t account(RateKind kind, base::ByteView client, std::uint32_t source) const;
  [[nodiscard]] std::uint64_t debt_of(std::uint64_t cell, std::uint64_t now) const;
  [[nodiscard]] bool is_exempt(base::ByteView client) const;

  const SipKey key_;
  const std::array<std::uint64_t, 3> interval_us_;  // by kind: between two responses; 0: no limit
  const std::uint64_t window_us_;
  const std::uint32_t slip_;
  const std::uint8_t ipv4_prefix_;
  const std::uint8_t ipv6_prefix_;
  const std::vector<base::Prefix> exempt_;
  std::vector<std::atomic<std::uint64_t>> cells_;  // which account, 24 bits; when its debt is paid, 40 bits of us
};

}  // namespace data
