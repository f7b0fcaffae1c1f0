#include "zones/wire/edns_options.h"

namespace wire {

namespace {

// RFC 7873 section 5.2.2: 8 octets of the client's, and none or 8 to 32 of a server's.
bool is_cookie(base::ByteView data) {
  constexpr std::size_t kShortestServer = 8;
  constexpr std::size_t kLongestServer = 32;
  if (data.size() == kClientCookie) return true;
  return data.size() >= kClientCookie + kShortestServer && data.size() <= kClientCookie + kLongestServer;
}

enum class Subnet { kGood, kUnknownFamily, kBent };

// RFC 7871 section 6: the scope is 0 in queries; as many octets of address as the prefix needs, and no bit behind it.
Subnet judge_subnet(base::ByteView data) {
  base::ByteReader in(data);
  const auto family = in.u16();
  const unsigned source = in.u8();
  const unsigned scope = in.u8();
  if (!in.ok()) return Subnet::kBent;
  if (family != kFamilyIpv4 && family != kFamilyIpv6) return Subnet::kUnknownFamily;
  const unsigned longest = family == kFamilyIpv4 ? 32 : 128;
  if (source > longest || scope != 0 || in.left() != (source + 7) / 8) return Subnet::kBent;
  const unsigned used = source % 8;
  const bool clean = used == 0 || (data.back() & (0xffU >> used)) == 0;
  return clean ? Subnet::kGood : Subnet::kBent;
}

}  // namespace

bool read_options(base::ByteView rdata, Edns& edns, bool& bent) {
  base::ByteReader in(rdata);
  while (in.ok() && in.left() > 0) {
    const auto code = in.u16();
    const auto data = in.bytes16();
    if (!in.ok()) break;
    switch (code) {
      case kOptionNsid: edns.nsid = true; break;
      case kOptionTcpKeepalive: edns.keepalive = true; break;
      case kOptionCookie:
        if (!edns.cookie.empty()) break;  // RFC 7873 section 5.2: the first counts
        bent = bent || !is_cookie(data);
        edns.cookie = data;
        break;
      case kOptionClientSubnet:
        if (!edns.subnet.empty()) break;
        if (const auto judged = judge_subnet(data); judged != Subnet::kGood) {
          bent = bent || judged == Subnet::kBent;
        } else {
          edns.subnet = data;
        }
        break;
      default: break;
    }
  }
  return in.ok();
}

}  // namespace wire
