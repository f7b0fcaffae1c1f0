// The commands by which operators drain, pin, and take that back.
#pragma once

#include <vector>

#include "base/io/command.h"
#include "base/io/command_line.h"

namespace dnsd::cli {

// `daemon` must outlive what is returned.
[[nodiscard]] std::vector<io::CommandSpec> override_commands(const io::Daemon& daemon);

}  // namespace dnsd::cli
