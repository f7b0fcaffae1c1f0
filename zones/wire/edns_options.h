// Reads the options of a query's OPT record (RFC 6891 section 6.1.2). Those that this server does not know are passed
// over.
#pragma once

#include "base/bytes.h"
#include "zones/wire/query.h"

namespace wire {

// Fills in what the options say. False if one runs past the record. `bent` becomes true where the data of a known
// option is wrong, so that the query is to be refused with FORMERR: a cookie of a length that none has (RFC 7873
// section 5.2.2), an address that does not fit its prefix (RFC 7871 section 6).
[[nodiscard]] bool read_options(base::ByteView rdata, Edns& edns, bool& bent);

// A client's subnet is of a family that is known here: 1, IPv4, or 2, IPv6 (RFC 7871 section 6). Others are passed
// over.
inline constexpr std::uint16_t kFamilyIpv4 = 1;
inline constexpr std::uint16_t kFamilyIpv6 = 2;

}  // namespace wire
