#include "dnsd/data/cookie.h"

#include <algorithm>

namespace data {

namespace {

constexpr std::uint8_t kVersion = 1;  // RFC 9018 section 4.1
constexpr std::size_t kHead = 8;      // version, three reserved octets, time (sections 4.1 to 4.3)
constexpr std::size_t kLongestAddress = 16;

// RFC 9018 section 4.4: over the client's cookie, the head of the server's, and the client's address.
std::array<std::uint8_t, 8> hash_of(const CookieSecret& secret, base::ByteView client_and_head, base::ByteView client) {
  std::array<std::uint8_t, wire::kClientCookie + kHead + kLongestAddress> input;
  auto end = std::copy(client_and_head.begin(), client_and_head.end(), input.begin());
  end = std::copy(client.begin(), client.end(), end);
  auto value = siphash24(secret, {input.data(), static_cast<std::size_t>(end - input.begin())});
  std::array<std::uint8_t, 8> out;
  for (auto& octet : out) {
    octet = static_cast<std::uint8_t>(value);
    value >>= 8;
  }
  return out;
}

// RFC 1982: how long ago, negative if ahead.
std::int32_t age_of(base::ByteView sent, std::uint32_t now_s) {
  base::ByteReader time(sent.subspan(wire::kClientCookie + 4, 4));
  return static_cast<std::int32_t>(now_s - time.u32());
}

// Which secret made it; secrets.size() if none did.
std::size_t maker_of(std::span<const CookieSecret> secrets, base::ByteView sent, base::ByteView client) {
  const auto signed_part = sent.first(wire::kClientCookie + kHead);
  const auto hash = sent.subspan(signed_part.size());
  const auto made = [&](const CookieSecret& secret) {
    const auto right = hash_of(secret, signed_part, client);
    unsigned differs = 0;  // looks at every octet, so that the time taken tells nothing
    for (std::size_t i = 0; i < right.size(); ++i) differs |= static_cast<unsigned>(right[i] ^ hash[i]);
    return differs == 0;
  };
  return static_cast<std::size_t>(std::find_if(secrets.begin(), secrets.end(), made) - secrets.begin());
}

void make(CookieReply& out, const CookieSecret& secret, base::ByteView client, std::uint32_t now_s) {
  auto at = out.octets.begin() + wire::kClientCookie;
  *at++ = kVersion;
  at = std::fill_n(at, 3, std::uint8_t{0});
  for (int shift = 24; shift >= 0; shift -= 8) *at++ = static_cast<std::uint8_t>(now_s >> shift);
  const auto hash = hash_of(secret, base::ByteView(out.octets).first(wire::kClientCookie + kHead), client);
  std::copy(hash.begin(), hash.end(), at);
}

}  // namespace

CookieReply answer_cookie(std::span<const CookieSecret> secrets, base::ByteView sent, base::ByteView client,
                          std::uint32_t now_s) {
  CookieReply out;
  if (secrets.empty() || sent.size() < wire::kClientCookie || client.empty()) return out;
  std::copy_n(sent.begin(), wire::kClientCookie, out.octets.begin());
  out.state = sent.size() == wire::kClientCookie ? CookieState::kNew : CookieState::kBad;
  if (sent.size() == out.octets.size() && sent[wire::kClientCookie] == kVersion) {
    const auto age = age_of(sent, now_s);
    const auto maker = maker_of(secrets, sent, client);
    if (maker < secrets.size() && age <= kCookieOldest && age >= -kCookieAhead) {
      out.state = CookieState::kGood;
      if (maker == 0 && age <= kCookieRenewed) {
        std::copy(sent.begin(), sent.end(), out.octets.begin());
        return out;
      }
    }
  }
  make(out, secrets.front(), client, now_s);
  return out;
}

}  // namespace data
