// The records of an answer, in words (dns_message.h).
#include <algorithm>
#include <array>

#include "base/ip.h"
#include "probes/dns_message.h"

namespace probes {

namespace {

constexpr std::uint8_t kPointer = 0xC0;
constexpr int kMostPointers = 64;

// The name at `at`, compressed or not (RFC 1035 section 4.1.4): a pointer leads to an earlier place only, so this ends.
// `at` then stands behind it. Nothing if it is malformed.
std::optional<wire::Name> read_name(base::ByteView message, std::size_t& at) {
  base::Bytes labels;
  std::size_t here = at;
  bool jumped = false;
  for (int pointers = 0; here < message.size();) {
    const std::uint8_t length = message[here];
    if ((length & kPointer) == kPointer) {
      if (here + 1 >= message.size() || ++pointers > kMostPointers) return std::nullopt;
      const std::size_t to = static_cast<std::size_t>(length & 0x3FU) << 8U | message[here + 1];
      if (to >= here) return std::nullopt;
      if (!jumped) at = here + 2;
      jumped = true;
      here = to;
      continue;
    }
    if (length > wire::kMaxLabel || here + 1 + length > message.size()) return std::nullopt;
    labels.insert(labels.end(), message.begin() + static_cast<std::ptrdiff_t>(here),
                  message.begin() + static_cast<std::ptrdiff_t>(here + 1 + length));
    if (labels.size() > wire::kMaxName) return std::nullopt;
    here += 1U + length;
    if (length != 0) continue;
    if (!jumped) at = here;
    return wire::Name::from_wire(labels);
  }
  return std::nullopt;
}

std::string name_text(const wire::Name& name) {
  std::string out = name.lowered().to_string();
  if (out.size() > 1) out.pop_back();
  return out;
}

// Of 4 or 16 octets.
std::string address_text(base::ByteView data) {
  if (data.size() == 4) {
    std::array<std::uint8_t, 4> octets{};
    std::copy(data.begin(), data.end(), octets.begin());
    return base::IpAddress::v4(octets).to_string();
  }
  std::array<std::uint8_t, 16> octets{};
  std::copy(data.begin(), data.end(), octets.begin());
  return base::IpAddress::v6(octets).to_string();
}

// The strings of a TXT record, joined.
std::optional<std::string> strings_text(base::ByteView data) {
  base::ByteReader in(data);
  std::string out;
  while (in.ok() && in.left() > 0) out += base::as_text(in.bytes8());
  return in.ok() ? std::optional(out) : std::nullopt;
}

// The data of one record of `type`, which stands at `at` and has `size` octets.
std::optional<std::string> data_text(base::ByteView message, wire::Type type, std::size_t at, std::size_t size) {
  switch (type) {
    case wire::kTypeA: return size == 4 ? std::optional(address_text(message.subspan(at, size))) : std::nullopt;
    case wire::kTypeAaaa: return size == 16 ? std::optional(address_text(message.subspan(at, size))) : std::nullopt;
    case wire::kTypeTxt: return strings_text(message.subspan(at, size));
    default: break;
  }
  const std::size_t end = at + size;
  const auto name = read_name(message.first(end), at);
  return name && at == end ? std::optional(name_text(*name)) : std::nullopt;
}

bool has_text(wire::Type type) {
  return type == wire::kTypeA || type == wire::kTypeAaaa || type == wire::kTypeTxt || type == wire::kTypeNs ||
         type == wire::kTypeCname || type == wire::kTypePtr;
}

}  // namespace

std::optional<std::vector<std::string>> record_texts(base::ByteView message, wire::Type type) {
  base::ByteReader header(message);
  (void)header.u32();  // id and flags
  const auto questions = header.u16();
  const auto answers = header.u16();
  if (!header.ok()) return std::nullopt;
  std::size_t at = wire::kHeaderSize;
  for (unsigned i = 0; i < questions; ++i) {
    if (!read_name(message, at)) return std::nullopt;
    at += 4;
  }
  std::vector<std::string> out;
  for (unsigned i = 0; i < answers; ++i) {
    if (!read_name(message, at)) return std::nullopt;
    base::ByteReader in(message.subspan(std::min(at, message.size())));
    const auto its_type = in.u16();
    const auto its_class = in.u16();
    (void)in.u32();  // TTL
    const auto size = in.u16();
    (void)in.bytes(size);
    if (!in.ok()) return std::nullopt;
    const std::size_t data = at + 10;
    at = data + size;
    if (its_type != type || its_class != wire::kClassIn || !has_text(type)) continue;
    auto text = data_text(message, type, data, size);
    if (!text) return std::nullopt;
    out.push_back(*std::move(text));
  }
  return out;
}

std::optional<std::string> record_text(wire::Type type, std::string_view configured) {
  if (type == wire::kTypeTxt) return std::string(configured);
  if (type == wire::kTypeA || type == wire::kTypeAaaa) {
    const auto ip = base::IpAddress::parse(configured);
    if (!ip || ip->is_v6() != (type == wire::kTypeAaaa)) return std::nullopt;
    return ip->to_string();
  }
  const auto name = wire::Name::parse(configured);
  return name && has_text(type) ? std::optional(name_text(*name)) : std::nullopt;
}

}  // namespace probes
