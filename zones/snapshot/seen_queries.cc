#include "zones/snapshot/seen_queries.h"

#include <algorithm>
#include <cstring>

namespace snapshot {

namespace {

constexpr std::size_t kClientOctets = 16;

}  // namespace

void SeenQueries::record(base::ByteView client, base::ByteView name, std::uint32_t ttl_s) {
  if (name.size() > kMostName || (client.size() != 4 && client.size() != kClientOctets)) return;
  std::array<std::uint64_t, kWords> words{};
  words[0] = static_cast<std::uint64_t>(ttl_s) << 32U | client.size() << 16U | name.size();
  auto* octets = reinterpret_cast<std::uint8_t*>(&words[1]);
  std::memcpy(octets, client.data(), client.size());
  std::memcpy(octets + kClientOctets, name.data(), name.size());
  const std::uint64_t n = count_.load(std::memory_order_relaxed);
  Slot& slot = slots_[n % kKept];
  // Who sees a word of this turn sees that the turn has begun.
  slot.turn.store(2 * n + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < kWords; ++i) slot.words[i].store(words[i], std::memory_order_release);
  slot.turn.store(2 * n + 2, std::memory_order_release);
  count_.store(n + 1, std::memory_order_release);
}

void SeenQueries::read(Mark& from, std::vector<SeenQuery>& into) const {
  const std::uint64_t end = count_.load(std::memory_order_acquire);
  std::uint64_t n = std::max(from.next, end - std::min<std::uint64_t>(end, kKept));
  for (; n < end; ++n) {
    const Slot& slot = slots_[n % kKept];
    if (slot.turn.load(std::memory_order_acquire) != 2 * n + 2) continue;
    std::array<std::uint64_t, kWords> words;
    for (std::size_t i = 0; i < kWords; ++i) words[i] = slot.words[i].load(std::memory_order_acquire);
    if (slot.turn.load(std::memory_order_relaxed) != 2 * n + 2) continue;
    const auto* octets = reinterpret_cast<const std::uint8_t*>(&words[1]);
    const std::size_t client_size = words[0] >> 16U & 0xffU;
    const auto name = wire::Name::from_wire({octets + kClientOctets, words[0] & 0xffffU});
    if (!name) continue;
    SeenQuery seen{{}, *name, static_cast<std::uint32_t>(words[0] >> 32U)};
    if (client_size == 4) {
      seen.client = base::IpAddress::v4({octets[0], octets[1], octets[2], octets[3]});
    } else {
      std::array<std::uint8_t, kClientOctets> whole{};
      std::copy_n(octets, whole.size(), whole.begin());
      seen.client = base::IpAddress::v6(whole);
    }
    into.push_back(seen);
  }
  from.next = end;
}

}  // namespace snapshot
