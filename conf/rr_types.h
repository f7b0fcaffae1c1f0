// The RR types that a probe may ask for: those that every server understands (RFC 1035 section 3.2.2, RFC 3596, RFC
// 2782).
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace conf {

struct RrType {
  std::string_view word;
  std::uint16_t number;
};
inline constexpr std::array<RrType, 9> kRrTypes{
    {{"A", 1}, {"NS", 2}, {"CNAME", 5}, {"SOA", 6}, {"PTR", 12}, {"MX", 15}, {"TXT", 16}, {"AAAA", 28}, {"SRV", 33}}};

}  // namespace conf
