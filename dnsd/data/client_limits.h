// How many TCP connections there are, in all and per client, over all workers (RFC 7766 section 6.2.2).
// Taken at accept and given back at close only, so a lock is no burden.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>

#include "base/ip.h"

namespace data {

class ClientLimits {
 public:
  enum class Verdict { kAdmitted, kTotal, kClient };

  ClientLimits(int total, int per_client) : total_(total), per_client_(per_client) {}

  // A client is an IPv4 address or an IPv6 /64. kAdmitted must be given back by leave().
  [[nodiscard]] Verdict enter(const base::IpAddress& client);
  void leave(const base::IpAddress& client);
  [[nodiscard]] int open() const;
  // Three places of four are taken: whoever idles should go sooner (RFC 7766 section 6.2.3).
  [[nodiscard]] bool crowded() const;

 private:
  static std::uint64_t key(const base::IpAddress& client);

  const int total_;
  const int per_client_;
  mutable std::mutex lock_;  // guards what follows
  int open_ = 0;
  std::unordered_map<std::uint64_t, int> by_client_;
};

}  // namespace data
