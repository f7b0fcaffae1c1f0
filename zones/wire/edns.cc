#include "zones/wire/edns.h"

namespace wire {

bool write_opt(MessageWriter& out, const OptReply& opt) {
  if (opt_size(opt) > out.room()) return false;
  static constexpr std::uint8_t kRoot[1] = {0};
  const std::uint32_t ttl = (std::uint32_t{opt.rcode} >> 4) << 24 | (opt.dnssec_ok ? 0x8000U : 0U);
  out.bytes(kRoot);
  out.u16(kTypeOpt);
  out.u16(opt.payload);
  out.u32(ttl);
  out.u16(static_cast<std::uint16_t>(opt_size(opt) - 11));
  if (!opt.nsid.empty()) {
    out.u16(kOptionNsid);
    out.u16(static_cast<std::uint16_t>(opt.nsid.size()));
    out.bytes(opt.nsid);
  }
  if (opt.has_ede) {
    out.u16(kOptionEde);
    out.u16(2);
    out.u16(opt.ede);
  }
  out.count(Section::kAdditional);
  return true;
}

}  // namespace wire
