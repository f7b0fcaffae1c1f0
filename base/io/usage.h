// What is said of a command line that is none: what was found, what is nearest to it, and where to read on.
#pragma once

#include <string>
#include <vector>

#include "base/io/command_line.h"

namespace io {

// Lines for people. `args` as given, without the program's name; `fault`: what the parser says, "NODE is required".
[[nodiscard]] std::string usage_fault(const ProgramSpec& program, const std::vector<std::string>& args,
                                      const std::string& fault);

}  // namespace io
