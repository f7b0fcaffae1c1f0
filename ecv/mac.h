// Signing and verifying: HMAC-SHA256 with named keys, two live per purpose for rotation (protocol.md section 8).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace ecv {

enum class Purpose : std::uint8_t { kDnsd, kPeers };

struct Key {
  std::string id;  // 1..32 printable characters without ';' and '='
  Purpose purpose = Purpose::kDnsd;
  std::array<std::uint8_t, 32> secret{};
};

using Mac = std::array<std::uint8_t, 32>;

// 64 hexadecimal digits, white space around them allowed. Error says what was found, never the content.
[[nodiscard]] base::Result<std::array<std::uint8_t, 32>> parse_secret(std::string_view text);

// The keys of one purpose: the first signs, any verifies.
class KeyRing {
 public:
  KeyRing() = default;
  KeyRing(std::vector<Key> keys, Purpose purpose);
  [[nodiscard]] bool empty() const { return keys_.empty(); }
  [[nodiscard]] const Key* find(std::string_view id) const;  // null if unknown
  [[nodiscard]] const Key* signer() const;                   // null if empty

 private:
  std::vector<Key> keys_;
};

[[nodiscard]] Mac hmac_sha256(base::ByteView secret, base::ByteView message);

// The `Wideip-MAC` header of an ECV answer: `kid=…;mac=<hex>` over method, target (path and query, as requested),
// nonce and body, each preceded by its length, so that no two different inputs give the same bytes.
[[nodiscard]] std::string sign_http(const Key& key, std::string_view method, std::string_view target,
                                    std::string_view nonce, std::string_view body);

enum class MacFault : std::uint8_t { kNone, kMissing, kMalformed, kUnknownKey, kMismatch };
[[nodiscard]] std::string_view name(MacFault f);
// Constant time in the MAC comparison.
[[nodiscard]] MacFault verify_http(const KeyRing& keys, std::string_view header, std::string_view method,
                                   std::string_view target, std::string_view nonce, std::string_view body);

}  // namespace ecv
