#include "ecv/mac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/params.h>

#include <algorithm>
#include <memory>

#include "base/text.h"

namespace ecv {

namespace {

constexpr std::size_t kMostKeyId = 32;
constexpr std::string_view kKidPrefix = "kid=";
constexpr std::string_view kMacPrefix = ";mac=";
constexpr std::string_view kSpace = " \t\r\n";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kSpace);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// Each part is preceded by its 32-bit length: "a"+"bc" and "ab"+"c" must not sign alike.
Mac mac_of_http(const Key& key, std::string_view method, std::string_view target, std::string_view nonce,
                std::string_view body) {
  base::ByteWriter covered;
  for (const auto part : {method, target, nonce, body}) {
    covered.u32(static_cast<std::uint32_t>(part.size()));
    covered.bytes(base::as_bytes(part));
  }
  return hmac_sha256(key.secret, covered.data());
}

struct FreeMac {
  void operator()(EVP_MAC_CTX* context) const { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, FreeMac>;

// HMAC with SHA-256, without a key. Null if OpenSSL does not give it.
MacContext make_mac() {
  EVP_MAC* const algorithm = EVP_MAC_fetch(nullptr, OSSL_MAC_NAME_HMAC, nullptr);
  MacContext out(algorithm == nullptr ? nullptr : EVP_MAC_CTX_new(algorithm));
  EVP_MAC_free(algorithm);
  char digest[] = "SHA256";
  const OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
                               OSSL_PARAM_construct_end()};
  if (out && EVP_MAC_CTX_set_params(out.get(), params) != 1) out.reset();
  return out;
}

}  // namespace

base::Result<std::array<std::uint8_t, 32>> parse_secret(std::string_view text) {
  const auto digits = trimmed(text);
  std::array<std::uint8_t, 32> out{};
  if (digits.size() != out.size() * 2) {
    return base::fail("a key is 64 hexadecimal digits; found " + std::to_string(digits.size()) + " characters");
  }
  const auto bytes = base::from_hex(digits);
  if (!bytes) return base::fail("a key is 64 hexadecimal digits; found a character that is none");
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

KeyRing::KeyRing(std::vector<Key> keys, Purpose purpose) : keys_(std::move(keys)) {
  std::erase_if(keys_, [purpose](const Key& key) { return key.purpose != purpose; });
}

const Key* KeyRing::find(std::string_view id) const {
  const auto at = std::find_if(keys_.begin(), keys_.end(), [id](const Key& key) { return key.id == id; });
  return at == keys_.end() ? nullptr : &*at;
}

const Key* KeyRing::signer() const { return keys_.empty() ? nullptr : &keys_.front(); }

Mac hmac_sha256(base::ByteView secret, base::ByteView message) {
  // To look the algorithm up, as HMAC() does each time, costs more than the computation.
  thread_local const MacContext kContext = make_mac();
  Mac out{};
  std::size_t size = 0;
  if (kContext && !secret.empty() && EVP_MAC_init(kContext.get(), secret.data(), secret.size(), nullptr) == 1 &&
      EVP_MAC_update(kContext.get(), message.data(), message.size()) == 1 &&
      EVP_MAC_final(kContext.get(), out.data(), &size, out.size()) == 1) {
    return out;
  }
  HMAC(EVP_sha256(), secret.data(), static_cast<int>(secret.size()), message.data(), message.size(), out.data(),
       nullptr);
  return out;
}

std::string sign_http(const Key& key, std::string_view method, std::string_view target, std::string_view nonce,
                      std::string_view body) {
  return std::string(kKidPrefix) + key.id + std::string(kMacPrefix) +
         base::to_hex(mac_of_http(key, method, target, nonce, body));
}

std::string_view name(MacFault f) {
  switch (f) {
    case MacFault::kNone: return "none";
    case MacFault::kMissing: return "missing";
    case MacFault::kMalformed: return "malformed";
    case MacFault::kUnknownKey: return "unknown key";
    case MacFault::kMismatch: return "mismatch";
  }
  return "mismatch";
}

MacFault verify_http(const KeyRing& keys, std::string_view header, std::string_view method, std::string_view target,
                     std::string_view nonce, std::string_view body) {
  header = trimmed(header);
  if (header.empty()) return MacFault::kMissing;
  if (header.substr(0, kKidPrefix.size()) != kKidPrefix) return MacFault::kMalformed;
  header.remove_prefix(kKidPrefix.size());
  const auto end = header.find(';');
  if (end == header.npos || end == 0 || end > kMostKeyId) return MacFault::kMalformed;
  if (header.substr(end, kMacPrefix.size()) != kMacPrefix) return MacFault::kMalformed;
  const auto digits = header.substr(end + kMacPrefix.size());
  const auto mac = digits.size() == 64 ? base::from_hex(digits) : std::nullopt;
  if (!mac) return MacFault::kMalformed;
  const Key* key = keys.find(header.substr(0, end));
  if (key == nullptr) return MacFault::kUnknownKey;
  const auto expected = mac_of_http(*key, method, target, nonce, body);
  return base::equal_constant_time(expected, *mac) ? MacFault::kNone : MacFault::kMismatch;
}

}  // namespace ecv
