// What is said to etcd's JSON gateway and what it may answer, as text; of etcd_client.cc, etcd_exchange.cc and
// etcd_watch.cc alone. Pure.
//
// In the gateway's JSON keys and values are base64, 64-bit integers are strings, and whatever is zero, false or empty
// is left out. Readers take nothing for granted: what does not hold exactly what was asked for is an error.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/io/etcd_client.h"
#include "base/result.h"

namespace io::etcd {

// Bodies of requests; `key` and `value` are plain bytes.
[[nodiscard]] std::string grant_request(std::int64_t lease_id, std::int64_t ttl_s);
// Puts `key` with the lease if nobody holds it, else reads it: one transaction.
[[nodiscard]] std::string campaign_request(std::string_view key, std::string_view value, std::int64_t lease_id);
// {"ID":…}: of a keepalive and a revoke.
[[nodiscard]] std::string lease_request(std::int64_t lease_id);
[[nodiscard]] std::string range_request(std::string_view key);
[[nodiscard]] std::string watch_request(std::string_view key, std::int64_t start_revision);
[[nodiscard]] std::string authenticate_request(std::string_view user, std::string_view password);

// Seconds granted, 1 or more. Error: no grant of that lease.
[[nodiscard]] base::Result<std::int64_t> read_grant(std::string_view body, std::int64_t lease_id);

struct CampaignAnswer {
  bool succeeded = false;
  std::int64_t revision = 0;  // of the store; of the key, if it was put
  EtcdOwner owner;            // if not
};
[[nodiscard]] base::Result<CampaignAnswer> read_campaign(std::string_view body, std::string_view key);

// Seconds left; 0 if etcd says that the lease is no more. Error: nothing is said of that lease.
[[nodiscard]] base::Result<std::int64_t> read_keep_alive(std::string_view body, std::int64_t lease_id);

struct RangeAnswer {
  std::int64_t revision = 0;
  std::optional<EtcdOwner> owner;
};
[[nodiscard]] base::Result<RangeAnswer> read_range(std::string_view body, std::string_view key);
// Error unless it is a proper answer without content (of a revoke).
[[nodiscard]] base::Result<void> read_header(std::string_view body);
[[nodiscard]] base::Result<std::string> read_token(std::string_view body);

struct WatchAnswer {
  std::int64_t revision = 0;  // 0: not told
  bool ended = false;         // by etcd: compacted, not allowed…
  std::string reason;         // if so
  bool changed = false;       // `owner` is news
  std::optional<EtcdOwner> owner;
};
// One line of the stream. Error: none that can be understood.
[[nodiscard]] base::Result<WatchAnswer> read_watch(std::string_view line, std::string_view key);

// Why etcd declined.
struct Refusal {
  int code = 0;  // gRPC's; 0 if the body is none of etcd's
  std::string message;
};
[[nodiscard]] Refusal read_refusal(std::string_view body);
inline constexpr int kNotFound = 5;
inline constexpr int kFailedPrecondition = 9;
inline constexpr int kUnauthenticated = 16;
// The refusal of a token that is missing, spent or older than a change of users.
[[nodiscard]] bool wants_token(const Refusal& refusal);

// RFC 4648 section 4, with padding.
[[nodiscard]] std::string encode_base64(std::string_view bytes);
// Nothing if it is none.
[[nodiscard]] std::optional<std::string> decode_base64(std::string_view text);

}  // namespace io::etcd
