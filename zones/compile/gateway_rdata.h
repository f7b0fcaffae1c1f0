// Data of IPSECKEY (RFC 4025) and AMTRELAY (RFC 8777), whose gateway is nothing, an address or a name, as a number
// before it says. Read here: ldns 1.8 leaks what it has read of these types when the rest is wrong.
#pragma once

#include <cstdint>
#include <span>
#include <tl/expected.hpp>

#include "base/bytes.h"
#include "zones/compile/rdata.h"

namespace compile {

[[nodiscard]] bool has_gateway(std::uint16_t type);

// The wire form. `origin`: wire form, for a name that is relative. Only for types with has_gateway.
[[nodiscard]] tl::expected<base::Bytes, RdataFault> gateway_rdata_from_text(std::uint16_t type,
                                                                            std::span<const Token> tokens,
                                                                            base::ByteView origin);

}  // namespace compile
