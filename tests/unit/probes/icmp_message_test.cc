#include "probes/icmp_message.h"

#include <gtest/gtest.h>

namespace probes {
namespace {

const Echo kSent{false, 0x1234, 1, 0x0102030405060708};

base::Bytes reply_to(const Echo& echo) {
  auto out = write_echo(echo);
  out[0] = echo.v6 ? 129 : 0;
  return out;
}

// RFC 792: the ones' complement sum over a message with its checksum is all ones.
TEST(IcmpMessage, TheChecksumHolds) {
  std::uint32_t sum = 0;
  const auto message = write_echo(kSent);
  base::ByteReader in(message);
  while (in.left() > 0) sum += in.u16();
  while (sum > 0xFFFF) sum = (sum & 0xFFFFU) + (sum >> 16U);
  EXPECT_EQ(sum, 0xFFFFU);
  EXPECT_EQ(message[0], 8);
}

TEST(IcmpMessage, AReplyBringsBackIdSequenceAndData) {
  EXPECT_TRUE(is_reply(reply_to(kSent), kSent, false, false));
  auto six = kSent;
  six.v6 = true;
  EXPECT_TRUE(is_reply(reply_to(six), six, false, false));
  EXPECT_FALSE(is_reply(reply_to(six), kSent, false, false));
  EXPECT_FALSE(is_reply(write_echo(kSent), kSent, false, false)) << "our own request, seen on loopback";
  for (const auto change : {&Echo::id, &Echo::sequence}) {
    auto other = kSent;
    other.*change = 7;
    EXPECT_FALSE(is_reply(reply_to(other), kSent, false, false));
  }
  auto other = kSent;
  other.id = 7;
  EXPECT_TRUE(is_reply(reply_to(other), kSent, false, true)) << "a datagram socket's id is the kernel's";
  other = kSent;
  other.nonce = 7;
  EXPECT_FALSE(is_reply(reply_to(other), kSent, false, true));
}

TEST(IcmpMessage, ARawSocketGivesTheIpHeaderToo) {
  const auto packet = [](std::uint8_t first, std::size_t header) {
    base::Bytes out(header, 0);
    out[0] = first;
    const auto icmp = reply_to(kSent);
    out.insert(out.end(), icmp.begin(), icmp.end());
    return out;
  };
  EXPECT_TRUE(is_reply(packet(0x45, 20), kSent, true, false));
  EXPECT_TRUE(is_reply(packet(0x46, 24), kSent, true, false)) << "with options";
  EXPECT_FALSE(is_reply(packet(0x4F, 20), kSent, true, false)) << "a header longer than the packet";
  EXPECT_FALSE(is_reply(packet(0x41, 20), kSent, true, false)) << "shorter than a header can be";
  EXPECT_FALSE(is_reply(packet(0x65, 20), kSent, true, false)) << "not IPv4";
}

TEST(IcmpMessage, EveryShorterMessageIsNone) {
  const auto whole = reply_to(kSent);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const base::ByteView part(whole.data(), size);
    EXPECT_FALSE(is_reply(part, kSent, false, true)) << size;
    EXPECT_FALSE(is_reply(part, kSent, true, true)) << size;
  }
}

}  // namespace
}  // namespace probes
