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
  static constexpr std::uint8_t kRoot[1] = {0};
  const std::uint32_t ttl = (std::uint32_t{opt.rcode} >> 4) << 24 | (opt.dnssec_ok ? 0x8000U : 0U);
  out.bytes(kRoot);
  out.u16(kTypeOpt);
  out.u16(opt.payload);
  out.u32(ttl);
  out.u16(static_cast<std::uint16_t>(opt_size(opt) - 11));
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
