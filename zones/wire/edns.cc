#include "zones/wire/edns.h"

namespace wire {

namespace {

void put_head(MessageWriter& out, std::uint16_t code, std::size_t size) {
  out.u16(code);
  out.u16(static_cast<std::uint16_t>(size));
}

void put_option(MessageWriter& out, std::uint16_t code, base::ByteView data) {
  put_head(out, code, data.size());
  out.bytes(data);
}

}  // namespace

bool write_opt(MessageWriter& out, const OptReply& opt) {
  if (opt_size(opt) > out.room()) return false;
  const auto size = opt_size(opt) - kOptHead;
  const std::uint8_t head[kOptHead] = {0,  // the root
                                       0,
                                       kTypeOpt,
                                       static_cast<std::uint8_t>(opt.payload >> 8),
                                       static_cast<std::uint8_t>(opt.payload),
                                       static_cast<std::uint8_t>(opt.rcode >> 4),
                                       0,  // version
                                       static_cast<std::uint8_t>(opt.dnssec_ok ? 0x80 : 0),
                                       0,
                                       static_cast<std::uint8_t>(size >> 8),
                                       static_cast<std::uint8_t>(size)};
  out.bytes(head);
  if (!opt.nsid.empty()) put_option(out, kOptionNsid, opt.nsid);
  if (!opt.cookie.empty()) put_option(out, kOptionCookie, opt.cookie);
  if (!opt.subnet.empty()) {
    constexpr std::size_t kScopeAt = 3;
    put_head(out, kOptionClientSubnet, opt.subnet.size());
    out.bytes(opt.subnet.first(kScopeAt));
    out.bytes({&opt.subnet_scope, 1});
    out.bytes(opt.subnet.subspan(kScopeAt + 1));
  }
  if (opt.keepalive != 0) {
    put_head(out, kOptionTcpKeepalive, 2);
    out.u16(opt.keepalive);
  }
  if (opt.has_ede) {
    put_head(out, kOptionEde, 2);
    out.u16(opt.ede);
  }
  out.count(Section::kAdditional);
  return true;
}

}  // namespace wire
