#include "probes/icmp_message.h"

namespace probes {

namespace {

constexpr std::uint8_t kEchoRequest = 8;
constexpr std::uint8_t kEchoReply = 0;
constexpr std::uint8_t kEchoRequestV6 = 128;
constexpr std::uint8_t kEchoReplyV6 = 129;

// RFC 1071, of an even number of bytes.
std::uint16_t checksum(base::ByteView bytes) {
  std::uint32_t sum = 0;
  base::ByteReader in(bytes);
  while (in.left() >= 2) sum += in.u16();
  while (sum > 0xFFFF) sum = (sum & 0xFFFFU) + (sum >> 16U);
  return static_cast<std::uint16_t>(~sum);
}

base::Bytes write(const Echo& echo, std::uint16_t sum) {
  base::ByteWriter w;
  w.u8(echo.v6 ? kEchoRequestV6 : kEchoRequest);
  w.u8(0);
  w.u16(sum);
  w.u16(echo.id);
  w.u16(echo.sequence);
  w.u64(echo.nonce);
  return w.take();
}

}  // namespace

base::Bytes write_echo(const Echo& echo) { return write(echo, echo.v6 ? std::uint16_t{0} : checksum(write(echo, 0))); }

bool is_reply(base::ByteView message, const Echo& echo, bool with_ip_header, bool any_id) {
  base::ByteReader in(message);
  if (with_ip_header) {
    const auto first = in.u8();
    const std::size_t length = std::size_t{first & 0x0FU} * 4;  // RFC 791 section 3.1: IHL, in words
    if (first >> 4U != 4 || length < 20) return false;
    (void)in.bytes(length - 1);
  }
  const auto type = in.u8();
  const auto code = in.u8();
  (void)in.u16();  // the checksum is the kernel's to verify
  const auto id = in.u16();
  const auto sequence = in.u16();
  const auto nonce = in.u64();
  return in.ok() && type == (echo.v6 ? kEchoReplyV6 : kEchoReply) && code == 0 && (any_id || id == echo.id) &&
         sequence == echo.sequence && nonce == echo.nonce;
}

}  // namespace probes
