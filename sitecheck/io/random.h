// Numbers that nobody guesses: boot ids and nonces.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace sitecheck {

// Never 0. Error: the kernel gives none.
[[nodiscard]] base::Result<std::uint64_t> random_number();

}  // namespace sitecheck
