// The server's side of caching_sha2_password, MySQL 8's default: a proof that the server's cache can check (fast), else
// the password itself, encrypted with the server's RSA key (full, on a connection without TLS).
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

namespace testing_support {

inline constexpr std::size_t kScrambleSize = 20;

// Printable, as MySQL's: no zero byte ends it early.
inline std::string make_scramble() {
  std::string out(kScrambleSize, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(out.size())) != 1) {
    throw std::runtime_error("RAND_bytes");
  }
  for (char& c : out) c = static_cast<char>('!' + (static_cast<unsigned char>(c) % 90));
  return out;
}

inline std::string sha256(std::string_view text) {
  std::string out(32, '\0');
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), reinterpret_cast<unsigned char*>(out.data()), &size, EVP_sha256(), nullptr);
  return out;
}

// SHA256(password) XOR SHA256(SHA256(SHA256(password)) + scramble)
inline std::string fast_proof(const std::string& password, const std::string& scramble) {
  std::string out = sha256(password);
  const std::string mask = sha256(sha256(out) + scramble);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ mask[i]);
  return out;
}

class RsaKey {
 public:
  RsaKey() : key_(EVP_RSA_gen(2048), EVP_PKEY_free) {
    if (!key_) throw std::runtime_error("EVP_RSA_gen");
  }

  [[nodiscard]] std::string public_pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> memory(BIO_new(BIO_s_mem()), BIO_free);
    PEM_write_bio_PUBKEY(memory.get(), key_.get());
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory.get(), &data);
    return {data, static_cast<std::size_t>(size)};
  }

  // The password that a client encrypted (OAEP), its scramble taken off; "" if it cannot be read.
  [[nodiscard]] std::string open(std::string_view sealed, const std::string& scramble) const {
    const std::unique_ptr<EVP_PKEY_CTX, decltype(&EVP_PKEY_CTX_free)> work(EVP_PKEY_CTX_new(key_.get(), nullptr),
                                                                           EVP_PKEY_CTX_free);
    std::string out(512, '\0');
    std::size_t size = out.size();
    if (EVP_PKEY_decrypt_init(work.get()) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(work.get(), RSA_PKCS1_OAEP_PADDING) != 1 ||
        EVP_PKEY_decrypt(work.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                         reinterpret_cast<const unsigned char*>(sealed.data()), sealed.size()) != 1) {
      return "";
    }
    out.resize(size);
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ scramble[i % kScrambleSize]);
    if (!out.empty() && out.back() == '\0') out.pop_back();
    return out;
  }

 private:
  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

// One for all fake servers: making it takes longer than a whole test.
inline const RsaKey& rsa_key() {
  static const RsaKey key;
  return key;
}

}  // namespace testing_support
