#include "zones/wire/query.h"

#include <cstring>

#include "zones/wire/edns_options.h"
#include "zones/wire/name.h"

namespace wire {

std::size_t QueryName::assign(base::ByteView from) {
  const std::size_t end = from.size() < kMaxName ? from.size() : kMaxName;
  std::size_t at = 0;
  std::uint8_t count = 0;
  for (;;) {
    if (at >= end) return 0;
    const std::size_t length = from[at];
    // Two high bits set would be a pointer or an unknown label type (RFC 1035 section 4.1.4, RFC 6891 section 5).
    if (length > kMaxLabel) return 0;
    offsets[count] = static_cast<std::uint8_t>(at);
    if (length == 0) break;
    if (length >= end - at) return 0;
    at += 1 + length;
    ++count;
  }
  labels = count;
  size = static_cast<std::uint8_t>(at + 1);
  std::memcpy(bytes.data(), from.data(), size);
  // Length octets are below 'A', so the whole form can be lowered as one run.
  static_assert(kMaxLabel < 'A');
  for (std::size_t i = 0; i < size; i += sizeof(std::uint64_t)) {
    std::uint64_t octets;
    std::memcpy(&octets, bytes.data() + i, sizeof octets);
    octets = lower8(octets);
    std::memcpy(bytes.data() + i, &octets, sizeof octets);
  }
  return size;
}

namespace {

// Skips an owner name, compressed or not; true if it was well-formed. `root` tells whether it was the bare root.
bool skip_name(base::ByteReader& in, bool& root) {
  root = false;
  std::size_t total = 0;
  for (;;) {
    const std::uint8_t length = in.u8();
    if (!in.ok()) return false;
    if ((length & 0xc0) == 0xc0) {
      // Only a pointer backwards can be valid; where it leads is of no interest here.
      const std::size_t target = static_cast<std::size_t>(length & 0x3f) << 8 | in.u8();
      return in.ok() && target >= kHeaderSize && target + 2 < in.offset();
    }
    if (length > kMaxLabel) return false;
    if (length == 0) {
      root = total == 0;
      return true;
    }
    total += 1U + length;
    if (total >= kMaxName) return false;
    in.bytes(length);
  }
}

// One record, of which only an OPT matters. `bent`: see read_options().
bool read_record(base::ByteReader& in, bool additional, Edns& edns, bool& bent) {
  bool root = false;
  if (!skip_name(in, root)) return false;
  const Type type = in.u16();
  const std::uint16_t klass = in.u16();
  const std::uint32_t ttl = in.u32();
  const auto rdata = in.bytes16();
  if (!in.ok()) return false;
  if (type != kTypeOpt) return true;
  // RFC 6891 section 6.1.1: at most one OPT, in the additional section, owned by the root.
  if (!additional || !root || edns.present) return false;
  edns.present = true;
  edns.payload = klass;
  edns.version = static_cast<std::uint8_t>(ttl >> 16);
  edns.dnssec_ok = (ttl & 0x8000) != 0;
  // The options of a later version may have another form.
  return edns.version != 0 || read_options(rdata, edns, bent);
}

// Everything behind the question; false if it is malformed.
bool read_records(base::ByteReader& in, std::uint32_t before_additional, std::uint32_t additional, Edns& edns,
                  bool& bent) {
  for (std::uint32_t i = 0; i < before_additional + additional; ++i) {
    if (!read_record(in, i >= before_additional, edns, bent)) return false;
  }
  return in.left() == 0;
}

Parsed malformed(Query& out) {
  out.edns = {};
  return Parsed::kMalformed;
}

}  // namespace

Parsed parse_query(base::ByteView packet, Query& out) {
  if (packet.size() < kHeaderSize) return Parsed::kTooShort;
  base::ByteReader in(packet);
  out.id = in.u16();
  out.flags = in.u16();
  out.has_question = false;
  out.edns = {};
  if ((out.flags & kFlagQr) != 0) return Parsed::kResponse;
  if (out.opcode() != kOpcodeQuery) return Parsed::kBadOpcode;
  const std::uint16_t questions = in.u16();
  const std::uint32_t before_additional = std::uint32_t{in.u16()} + in.u16();
  const std::uint32_t additional = in.u16();
  if (questions > 1) return Parsed::kMalformed;  // RFC 9619

  if (questions == 1) {
    const std::size_t name_size = out.name.assign(packet.subspan(kHeaderSize));
    if (name_size == 0) return Parsed::kMalformed;
    in.bytes(name_size);
    out.type = in.u16();
    out.klass = in.u16();
    if (!in.ok()) return Parsed::kMalformed;
    out.question = packet.subspan(kHeaderSize, name_size + 4);
    out.has_question = true;
  }

  bool bent = false;
  if (!read_records(in, before_additional, additional, out.edns, bent)) return malformed(out);
  if (out.edns.version != 0) return Parsed::kBadVersion;
  if (bent) {
    out.edns.cookie = out.edns.subnet = {};
    return Parsed::kMalformed;
  }
  if (questions == 1) return Parsed::kOk;
  return out.edns.cookie.empty() ? malformed(out) : Parsed::kCookieOnly;
}

}  // namespace wire
