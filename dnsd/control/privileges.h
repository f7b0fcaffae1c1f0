// Giving up root once every socket is bound.
#pragma once

#include <string>

#include "base/result.h"

namespace control {

enum class KeepBind : bool { kNo, kYes };

// Becomes `user` with that user's groups, for good: no capability is left, and no program that this process starts can
// gain one (PR_SET_NO_NEW_PRIVS). With `keep` CAP_NET_BIND_SERVICE stays, for an address that is still to be bound.
// Does nothing but the latter if the process is that user already. Error, saying what to do: no such user, not allowed,
// or root could be had back. Call before any thread is started.
[[nodiscard]] base::Result<void> become(const std::string& user, KeepBind keep = KeepBind::kNo);

}  // namespace control
