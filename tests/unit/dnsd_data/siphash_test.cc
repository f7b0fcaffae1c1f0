#include "dnsd/data/siphash.h"

#include <gtest/gtest.h>

#include <numeric>

namespace {

// The vectors of the reference implementation: key 00 01 .. 0f, message of n octets 00 01 ..
TEST(SipHash, GivesThePublishedValues) {
  data::SipKey key;
  std::iota(key.begin(), key.end(), std::uint8_t{0});
  base::Bytes message(64);
  std::iota(message.begin(), message.end(), std::uint8_t{0});
  const auto of = [&](std::size_t size) { return data::siphash24(key, base::ByteView(message).first(size)); };
  EXPECT_EQ(of(0), 0x726fdb47dd0e0e31U);
  EXPECT_EQ(of(1), 0x74f839c593dc67fdU);
  EXPECT_EQ(of(7), 0xab0200f58b01d137U);
  EXPECT_EQ(of(8), 0x93f5f5799a932462U);
  EXPECT_EQ(of(15), 0xa129ca6149be45e5U);
  EXPECT_EQ(of(63), 0x958a324ceb064572U);
}

}  // namespace
