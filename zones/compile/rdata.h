// Types and RDATA between text and wire, through ldns. Everything that ldns gets wrong or passes over in silence
// (numbers out of range, names that grow too long, generic data of RFC 3597) is checked here.
// One thread at a time: ldns keeps no promise beyond that.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

#include "base/bytes.h"
#include "zones/compile/master_reader.h"

namespace compile {

// What is wrong with the data of one record; `token` counts from 0 among the tokens that were given, and equals their
// number where the record as a whole, or what it lacks, is meant.
struct RdataFault {
  std::size_t token = 0;
  std::string message;
};

// "MX" or "TYPE15" (RFC 3597 section 5), in any case of letters. Nothing for what is neither; meta types are types.
[[nodiscard]] std::optional<std::uint16_t> type_from_text(std::string_view text);
// "MX"; "TYPE65280" where there is no mnemonic.
[[nodiscard]] std::string type_to_text(std::uint16_t type);

// A TTL or a period of an SOA: seconds, or numbers with the units s, m, h, d, w ("1h30m"). Nothing if it is neither or
// exceeds 2^32 - 1.
[[nodiscard]] std::optional<std::uint32_t> seconds_from_text(std::string_view text);

// The RDATA in wire form, names uncompressed and in their case. Names that do not end in a dot are completed with
// `origin` (wire form). The generic form `\# length hex` is read for every type (RFC 3597).
[[nodiscard]] tl::expected<base::Bytes, RdataFault> rdata_from_text(std::uint16_t type, std::span<const Token> tokens,
                                                                    base::ByteView origin);

}  // namespace compile
