// The commands that order how a site behaves: mode, downtime, move-role.
#pragma once

#include <vector>

#include "base/io/command_line.h"

namespace sitecheck::cli {

[[nodiscard]] std::vector<io::CommandSpec> order_commands();

}  // namespace sitecheck::cli
