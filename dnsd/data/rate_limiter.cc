#include "dnsd/data/rate_limiter.h"

#include <algorithm>
#include <bit>

namespace data {

namespace {

constexpr std::uint64_t kSecondUs = 1'000'000;
constexpr unsigned kTimeBits = 40;  // twelve days of microseconds, many times the longest window
constexpr std::uint64_t kTimeMask = (std::uint64_t{1} << kTimeBits) - 1;

std::uint64_t interval(std::uint32_t per_second) {
  return per_second == 0 ? 0 : std::max<std::uint64_t>(1, kSecondUs / per_second);
}

}  // namespace

RateLimiter::RateLimiter(const RateOptions& options, const SipKey& key)
    : key_(key),
      interval_us_{interval(options.responses), interval(options.nxdomains), interval(options.errors)},
      window_us_(static_cast<std::uint64_t>(options.window.count())),
      slip_(options.slip),
      ipv4_prefix_(options.ipv4_prefix),
      ipv6_prefix_(options.ipv6_prefix),
      exempt_(options.exempt),
      cells_(std::bit_ceil(std::max<std::size_t>(kWays, options.accounts))) {}

std::uint64_t RateLimiter::account(RateKind kind, base::ByteView client, std::uint32_t source) const {
  constexpr std::size_t kHead = 6;
  std::array<std::uint8_t, kHead + 16> input{};
  input[0] = static_cast<std::uint8_t>(kind);
  input[1] = static_cast<std::uint8_t>(client.size());
  for (unsigned i = 0; i < 4; ++i) input[2 + i] = static_cast<std::uint8_t>(source >> (8 * i));
  const std::size_t bits = client.size() == 4 ? ipv4_prefix_ : ipv6_prefix_;
  const std::size_t octets = std::min<std::size_t>(client.size(), (bits + 7) / 8);
  std::copy_n(client.begin(), octets, input.begin() + kHead);
  if (bits % 8 != 0) input[kHead + bits / 8] &= static_cast<std::uint8_t>(0xff00U >> (bits % 8));
  return siphash24(key_, base::ByteView(input).first(kHead + octets));
}

// Microseconds until the account has paid; one that paid long ago seems to be ahead of its window.
std::uint64_t RateLimiter::debt_of(std::uint64_t cell, std::uint64_t now) const {
  const std::uint64_t ahead = (cell - now) & kTimeMask;
  return ahead <= window_us_ ? ahead : 0;
}

bool RateLimiter::is_exempt(base::ByteView client) const {
  if (exempt_.empty()) return false;
  base::IpAddress address;
  if (client.size() == 4) {
    address = base::IpAddress::v4({client[0], client[1], client[2], client[3]});
  } else {
    std::array<std::uint8_t, 16> bytes{};
    std::copy_n(client.begin(), std::min<std::size_t>(client.size(), bytes.size()), bytes.begin());
    address = base::IpAddress::v6(bytes);
  }
  return std::any_of(exempt_.begin(), exempt_.end(), [&](const auto& prefix) { return prefix.contains(address); });
}

bool RateLimiter::over(RateKind kind, base::ByteView client, std::uint32_t source, base::Instant now) {
  const auto interval_us = interval_us_[static_cast<std::size_t>(kind)];
  if (interval_us == 0) return false;
  const auto hash = account(kind, client, source);
  const auto tag = hash >> kTimeBits;
  const auto now_us = static_cast<std::uint64_t>(now.time_since_epoch().count()) & kTimeMask;
  auto* set = cells_.data() + (hash & (cells_.size() / kWays - 1)) * kWays;
  auto* mine = set;
  std::uint64_t debt = 0;
  std::uint64_t least = ~std::uint64_t{0};
  for (auto* cell = set; cell != set + kWays; ++cell) {
    const auto value = cell->load(std::memory_order_relaxed);
    const auto owes = debt_of(value, now_us);
    if (value >> kTimeBits == tag) {
      mine = cell;
      debt = owes;
      break;
    }
    if (owes >= least) continue;
    least = owes;
    mine = cell;
  }
  debt += interval_us;
  const bool over = debt > std::max(kSecondUs, interval_us);  // one second's worth at once is allowed
  mine->store(tag << kTimeBits | ((now_us + std::min(debt, window_us_)) & kTimeMask), std::memory_order_relaxed);
  return over && !is_exempt(client);
}

}  // namespace data
