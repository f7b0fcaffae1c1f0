#include "dnsd/data/client_limits.h"

namespace data {

std::uint64_t ClientLimits::key(const base::IpAddress& client) {
  std::uint64_t out = 0;
  for (const auto byte : client.bytes().first(client.is_v6() ? 8 : 4)) out = out << 8 | byte;
  // An IPv4 address cannot be mistaken for a /64: ::/32 is not routed.
  return out;
}

ClientLimits::Verdict ClientLimits::enter(const base::IpAddress& client) {
  const std::lock_guard guard(lock_);
  if (open_ >= total_) return Verdict::kTotal;
  int& count = by_client_[key(client)];
  if (count >= per_client_) {
    if (count == 0) by_client_.erase(key(client));
    return Verdict::kClient;
  }
  ++count;
  ++open_;
  return Verdict::kAdmitted;
}

void ClientLimits::leave(const base::IpAddress& client) {
  const std::lock_guard guard(lock_);
  const auto at = by_client_.find(key(client));
  if (at == by_client_.end()) return;
  if (--at->second == 0) by_client_.erase(at);
  --open_;
}

bool ClientLimits::crowded() const {
  const std::lock_guard guard(lock_);
  return std::int64_t{open_} * 4 >= std::int64_t{total_} * 3;
}

int ClientLimits::open() const {
  const std::lock_guard guard(lock_);
  return open_;
}

}  // namespace data
