// The text of LOC (RFC 1876 section 3), made whole: ldns 1.8 takes the minutes and seconds that a longitude leaves out
// from the latitude, and lets numbers pass that are out of range.
#pragma once

#include <span>
#include <tl/expected.hpp>
#include <vector>

#include "zones/compile/rdata.h"

namespace compile {

// The same place with all degrees, minutes and seconds written out.
[[nodiscard]] tl::expected<std::vector<Token>, RdataFault> whole_location(std::span<const Token> tokens);

}  // namespace compile
