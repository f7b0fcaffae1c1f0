#include "probes/dns_message.h"

#include <algorithm>

namespace probes {

namespace {

constexpr std::uint16_t kRcodeMask = 0x000F;
constexpr std::uint8_t kCaseBit = 0x20;

bool is_letter(std::uint8_t c) { return wire::lower(c) >= 'a' && wire::lower(c) <= 'z'; }

}  // namespace

base::Bytes write_question(std::uint16_t id, const DnsQuestion& question) {
  base::ByteWriter w;
  w.u16(id);
  w.u16(wire::kFlagRd);
  w.u16(1);  // QDCOUNT
  w.u16(0);
  w.u16(0);
  w.u16(0);
  w.bytes(question.name.wire());
  w.u16(question.type);
  w.u16(wire::kClassIn);
  return w.take();
}

wire::Name mix_case(const wire::Name& name, std::uint64_t bits) {
  base::Bytes bytes(name.wire().begin(), name.wire().end());
  std::size_t label_left = 0;
  for (auto& b : bytes) {
    if (label_left == 0) {
      label_left = b;  // a length octet, never a letter of the name
      continue;
    }
    --label_left;
    if (!is_letter(b)) continue;
    b = static_cast<std::uint8_t>((bits & 1U) != 0 ? b ^ kCaseBit : b);
    bits = bits >> 1U | bits << 63U;
  }
  return wire::Name::from_wire(bytes).value_or(name);
}

DnsVerdict judge_answer(base::ByteView message, std::uint16_t id, const DnsQuestion& question) {
  base::ByteReader in(message);
  const auto its_id = in.u16();
  const auto flags = in.u16();
  const auto questions = in.u16();
  (void)in.bytes(wire::kHeaderSize - 6);  // the counts of the other sections
  if (!in.ok() || its_id != id || (flags & wire::kFlagQr) == 0 || (flags & wire::kOpcodeMask) != 0) return {};
  DnsVerdict out;
  out.rcode = flags & kRcodeMask;
  if (questions == 0) {
    if (out.rcode == wire::kFormErr || out.rcode == wire::kNotImp) out.match = DnsMatch::kAnswer;
    return out;
  }
  // The first name of a message has nothing before it to point to, so it is not compressed.
  const auto name_bytes = in.bytes(question.name.size());
  const auto type = in.u16();
  const auto klass = in.u16();
  if (!in.ok() || questions != 1 || type != question.type || klass != wire::kClassIn) return {};
  const auto name = wire::Name::from_wire(name_bytes);
  if (!name || !(*name == question.name)) return {};
  const auto asked = question.name.wire();
  const bool same_case = std::equal(name_bytes.begin(), name_bytes.end(), asked.begin(), asked.end());
  out.match = !same_case                     ? DnsMatch::kOtherCase
              : (flags & wire::kFlagTc) != 0 ? DnsMatch::kTruncated
                                             : DnsMatch::kAnswer;
  return out;
}

}  // namespace probes
