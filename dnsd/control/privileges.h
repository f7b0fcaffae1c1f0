// Giving up root once every socket is bound.
#pragma once

#include <string>

#include "base/result.h"

namespace control {

// Becomes `user` with that user's groups, for good. Error: no such user, not allowed, or root could be had back.
// Call before any thread is started.
[[nodiscard]] base::Result<void> become(const std::string& user);

}  // namespace control
