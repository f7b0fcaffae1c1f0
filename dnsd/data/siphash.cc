#include "dnsd/data/siphash.h"

#include <bit>

namespace data {

namespace {

// The last word of a message; fewer than eight octets.
std::uint64_t little_endian(base::ByteView from) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < from.size(); ++i) out |= std::uint64_t{from[i]} << (8 * i);
  return out;
}

// Eight octets. The compiler turns the loop into one load.
std::uint64_t little_endian(const std::uint8_t* from) {
  std::uint64_t out = 0;
  for (unsigned i = 0; i < 8; ++i) out |= std::uint64_t{from[i]} << (8 * i);
  return out;
}

struct State {
  std::uint64_t v0, v1, v2, v3;

  void round() {
    v0 += v1;
    v2 += v3;
    v1 = std::rotl(v1, 13) ^ v0;
    v3 = std::rotl(v3, 16) ^ v2;
    v0 = std::rotl(v0, 32);
    v2 += v1;
    v0 += v3;
    v1 = std::rotl(v1, 17) ^ v2;
    v3 = std::rotl(v3, 21) ^ v0;
    v2 = std::rotl(v2, 32);
  }
  void absorb(std::uint64_t word) {
    v3 ^= word;
    round();
    round();
    v0 ^= word;
  }
};

}  // namespace

std::uint64_t siphash24(const SipKey& key, base::ByteView message) {
  constexpr std::size_t kWord = 8;
  const auto k0 = little_endian(key.data());
  const auto k1 = little_endian(key.data() + kWord);
  State state{k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d, k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573};
  auto left = message;
  for (; left.size() >= kWord; left = left.subspan(kWord)) state.absorb(little_endian(left.data()));
  state.absorb(std::uint64_t{message.size() & 0xff} << 56 | little_endian(left));
  state.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) state.round();
  return state.v0 ^ state.v1 ^ state.v2 ^ state.v3;
}

}  // namespace data
