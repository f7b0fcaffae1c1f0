// How often each client asks, and whether that is too often: a bucket of tokens for each address (IPv4) or /64 (IPv6),
// as one host has all of a /64. Bounded: where there are too many clients, those that were quiet the longest are
// forgotten, whose buckets are full again anyway.
#pragma once

#include <cstddef>
#include <map>

#include "base/io/http_server.h"
#include "base/ip.h"
#include "base/time.h"

namespace io {

class ClientRate {
 public:
  // `per_second` requests on average; as many at once. 0: no limit. At most `clients` are counted at once.
  explicit ClientRate(unsigned per_second, std::size_t clients = 4096);

  // Counts a request of `client`. False: it is one too many.
  [[nodiscard]] bool admit(const base::IpAddress& client, base::Instant now);

 private:
  struct Bucket {
    double tokens = 0;
    base::Instant at;  // when they were counted
  };
  void make_room();

  double per_second_;
  std::size_t clients_;
  std::map<base::IpAddress, Bucket> buckets_;
};

// `handler` behind such a limit: what is too much is answered 429 (RFC 6585 section 4), with Retry-After. Clients of
// this host are not limited unless `loopback_too`: they have other ways, and a proxy there stands for many.
[[nodiscard]] HttpHandler limited(unsigned per_second, HttpHandler handler, bool loopback_too = false);

}  // namespace io
