// Cookies (RFC 7873) of the form on which servers agree (RFC 9018): who brings back what this server gave to his
// address did not forge that address. Servers that answer for one address share their secrets.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "dnsd/data/siphash.h"
#include "zones/wire/types.h"

namespace data {

using CookieSecret = SipKey;

enum class CookieState : std::uint8_t {
  kNone,  // none was sent, or there is no secret
  kNew,   // the client has none of a server yet
  kGood,  // made for this address by one of the secrets, not long ago
  kBad,   // of another secret or address, too old, or of another form
};

struct CookieReply {
  CookieState state = CookieState::kNone;
  std::array<std::uint8_t, wire::kClientCookie + wire::kServerCookie> octets;  // to be sent, unless kNone
};

// A cookie is good from this long ago to this far ahead, as clocks of servers differ, and one of more than the third
// age is renewed (RFC 9018 section 4.3). Seconds.
inline constexpr std::int32_t kCookieOldest = 3600;
inline constexpr std::int32_t kCookieAhead = 300;
inline constexpr std::int32_t kCookieRenewed = 1800;

// `sent`: 8 octets of the client's, and none or 8 to 32 of a server's. `client`: the address, 4 or 16 octets in network
// order. The first secret makes cookies, all of them are accepted. `now_s`: seconds since 1970, of which the low 32
// bits count (RFC 1982).
[[nodiscard]] CookieReply answer_cookie(std::span<const CookieSecret> secrets, base::ByteView sent,
                                        base::ByteView client, std::uint32_t now_s);

}  // namespace data
