#include "zones/wire/rdata.h"

namespace wire {

std::size_t name_size(base::ByteView from) {
  std::size_t at = 0;
  while (at < from.size() && at < kMaxName) {
    const std::size_t length = from[at];
    if (length > kMaxLabel) return 0;
    if (length == 0) return at + 1;
    at += 1 + length;
  }
  return 0;
}

bool rdata_well_formed(Type type, base::ByteView rdata) {
  if (type == kTypeA) return rdata.size() == 4;
  if (type == kTypeAaaa) return rdata.size() == 16;
  const auto layout = rdata_names(type);
  if (layout.names == 0) return true;
  if (rdata.size() < layout.before) return false;
  auto left = rdata.subspan(layout.before);
  for (unsigned i = 0; i < layout.names; ++i) {
    const auto size = name_size(left);
    if (size == 0) return false;
    left = left.subspan(size);
  }
  // Five 32-bit numbers end a SOA (RFC 1035 section 3.3.13); nothing follows the names of the others.
  return left.size() == (type == kTypeSoa ? 20U : 0U);
}

}  // namespace wire
