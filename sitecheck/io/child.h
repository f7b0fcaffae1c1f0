// Runs a program to its end with a text on its standard input. Blocks the caller: for what is rare and short.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace sitecheck {

// Error: the program is missing, did not end within `limit` (it is killed then), or failed: its own words. `args[0]` is
// looked up in PATH, and in /usr/sbin. `input` is at most 64 KiB, what a pipe takes at once.
[[nodiscard]] base::Result<void> run_child(const std::vector<std::string>& args, const std::string& input,
                                           base::Duration limit);

}  // namespace sitecheck
