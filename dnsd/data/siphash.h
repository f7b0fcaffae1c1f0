// SipHash-2-4 (Aumasson and Bernstein 2012): a short keyed hash. Server cookies are made with it (RFC 9018
// section 4.4), and clients find their place in the table of rates by it, where nobody can choose whom he collides
// with.
#pragma once

#include <array>
#include <cstdint>

#include "base/bytes.h"

namespace data {

using SipKey = std::array<std::uint8_t, 16>;

[[nodiscard]] std::uint64_t siphash24(const SipKey& key, base::ByteView message);

}  // namespace data
