// `sitecheck recover`: lists what --accept-errant gives up, and asks a person before it is given up.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "base/io/command_line.h"

namespace sitecheck::cli {

[[nodiscard]] io::CommandSpec recover_command();

// The errant transactions that the daemon's status has for a pool, by the pool's name or that of one of its nodes.
[[nodiscard]] std::vector<std::string> errant_of(const std::string& status, const std::string& target);

// Shows them and reads a line: true for `yes` alone, or if there is nothing to give up.
[[nodiscard]] bool confirmed(const std::vector<std::string>& errant, std::istream& in, std::ostream& out);

}  // namespace sitecheck::cli
