// Data of SVCB and HTTPS (RFC 9460): priority, target and service parameters. Read here: ldns 1.8 takes every escaped
// comma for the end of an item, and lets parameters pass that contradict each other.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <tl/expected.hpp>

#include "base/bytes.h"
#include "zones/compile/rdata.h"

namespace compile {

[[nodiscard]] bool has_service_parameters(std::uint16_t type);

// The wire form, parameters in the order of their keys. `origin`: wire form, for a target that is relative. Error: what
// RFC 9460 sections 2.1, 2.4 and 7 to 9 refuse, at its token. Only for types with has_service_parameters.
[[nodiscard]] tl::expected<base::Bytes, RdataFault> service_rdata_from_text(std::uint16_t type,
                                                                            std::span<const Token> tokens,
                                                                            base::ByteView origin);

// What is wrong with data of such a type in wire form (RFC 9460 section 2.2), if anything.
[[nodiscard]] std::optional<std::string> service_rdata_fault(base::ByteView rdata);

}  // namespace compile
