#include "base/io/client_rate.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

namespace io {

namespace {

constexpr std::size_t kNetworkBytes = 8;  // of a /64

base::IpAddress counted_as(const base::IpAddress& client) {
  const auto address = client.unmapped();
  if (!address.is_v6()) return address;
  std::array<std::uint8_t, 16> bytes{};
  std::copy_n(address.bytes().begin(), kNetworkBytes, bytes.begin());
  return base::IpAddress::v6(bytes);
}

}  // namespace

ClientRate::ClientRate(unsigned per_second, std::size_t clients) : per_second_(per_second), clients_(clients) {}

bool ClientRate::admit(const base::IpAddress& client, base::Instant now) {
  if (per_second_ == 0) return true;
  const auto key = counted_as(client);
  auto at = buckets_.find(key);
  if (at == buckets_.end()) {
    if (buckets_.size() >= clients_) make_room();
    at = buckets_.emplace(key, Bucket{per_second_, now}).first;
  }
  auto& bucket = at->second;
  const double passed = std::chrono::duration<double>(std::max(now - bucket.at, base::Duration::zero())).count();
  bucket.tokens = std::min(per_second_, bucket.tokens + passed * per_second_);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}

void ClientRate::make_room() {
  const auto oldest = std::min_element(buckets_.begin(), buckets_.end(),
                                       [](const auto& a, const auto& b) { return a.second.at < b.second.at; });
  if (oldest != buckets_.end()) buckets_.erase(oldest);
}

HttpHandler limited(unsigned per_second, HttpHandler handler, bool loopback_too) {
  if (per_second == 0) return handler;
  // Shared: a handler is copied.
  auto rate = std::make_shared<ClientRate>(per_second);
  return [rate, loopback_too, handler = std::move(handler)](const ServerRequest& request, Responder responder) {
    const auto& client = request.from.ip;
    const bool spared = !loopback_too && client.unmapped().is_loopback();
    if (spared || rate->admit(client, base::read_boot_clock())) return handler(request, std::move(responder));
    ServerResponse out{429, "too many requests from this address\n"};
    out.headers.emplace_back("Retry-After", "1");
    responder.respond(std::move(out));
  };
}

}  // namespace io
