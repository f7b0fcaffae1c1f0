// Numbers that nobody can foresee, from the kernel.
#pragma once

#include <cstdint>
#include <string>

namespace control {

[[nodiscard]] std::uint64_t random_u64();
// 128 bits as 32 lower-case hexadecimal digits: the nonce of a request.
[[nodiscard]] std::string random_nonce();

}  // namespace control
