// Where names stand inside RDATA, by type: what a compressing writer and a loader need to know.
#pragma once

#include <cstdint>

#include "base/bytes.h"
#include "zones/wire/types.h"

namespace wire {

// The fixed part in front of the names of a type, how many names follow, and whether they may be compressed.
struct RdataNames {
  std::uint8_t before = 0;
  std::uint8_t names = 0;
  bool compressible = false;  // RFC 3597 section 4: only types of RFC 1035; this server uses NS, CNAME, PTR, SOA, MX
};
// Only types whose names follow a prefix of fixed size; none for every other type.
[[nodiscard]] constexpr RdataNames rdata_names(Type type) {
  switch (type) {
    case kTypeNs:
    case kTypeCname:
    case kTypePtr: return {0, 1, true};
    case kTypeSoa: return {0, 2, true};
    case kTypeMx: return {2, 1, true};
    case kTypeDname: return {0, 1, false};
    case kTypeSrv: return {6, 1, false};
    default: return {};
  }
}

// Octets of the uncompressed name at the start of `from`; 0 if there is no valid one.
[[nodiscard]] std::size_t name_size(base::ByteView from);

// True if `rdata` has the size and the names that its type demands; types without a known layout are always well.
[[nodiscard]] bool rdata_well_formed(Type type, base::ByteView rdata);

}  // namespace wire
