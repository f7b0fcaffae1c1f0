// `sitecheck switchover`: orders it, tells each step while it goes on, and gives its outcome as the exit status.
#pragma once

#include <string>

#include "base/io/command_line.h"

namespace sitecheck::cli {

[[nodiscard]] io::CommandSpec switchover_command();

// What the daemon's status says of a pool's switchover, as a line for people; "" if there is none.
[[nodiscard]] std::string progress_line(const std::string& status, const std::string& pool);

}  // namespace sitecheck::cli
