// The OPT record of a response (RFC 6891 section 6.1.2).
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "zones/wire/message_writer.h"
#include "zones/wire/types.h"

namespace wire {

struct OptReply {
  std::uint16_t payload = 1232;  // what this server takes
  bool dnssec_ok = false;        // copied from the query (RFC 3225 section 3)
  Rcode rcode = kNoError;        // its upper eight bits go here
  base::ByteView nsid;           // empty: no option
  bool has_ede = false;
  std::uint16_t ede = 0;          // RFC 8914, without extra text
  base::ByteView cookie = {};     // the client's and this server's (RFC 7873); empty: no option
  base::ByteView subnet = {};     // as the query had it (RFC 7871); empty: no option
  std::uint8_t subnet_scope = 0;  // bits of the client's address on which the answer depends
  std::uint16_t keepalive = 0;    // RFC 7828, in 100 ms; 0: no option
};

inline constexpr std::size_t kOptHead = 11;   // octets of the record without options
inline constexpr std::size_t kEdeOption = 6;  // octets of the EDE option

// Octets that write_opt() will take.
[[nodiscard]] constexpr std::size_t opt_size(const OptReply& opt) {
  const auto option = [](base::ByteView data) { return data.empty() ? 0 : 4 + data.size(); };
  return kOptHead + option(opt.nsid) + option(opt.cookie) + option(opt.subnet) + (opt.keepalive != 0 ? 6U : 0U) +
         (opt.has_ede ? kEdeOption : 0U);
}

// Appends the record to the additional section. False, and nothing written, if it does not fit.
bool write_opt(MessageWriter& out, const OptReply& opt);

}  // namespace wire
