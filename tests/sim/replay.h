// A recording of a real site (sitecheck/io/flight.h), lived again through the core and told as a story.
#pragma once

#include <string>

namespace sim {

// Prints states, alarms, permits, fences and promotions with the time since the start of the process, and whether the
// core wanted the same then. Exit status: 0, 1 if it now does something else, 2 if the file cannot be replayed.
[[nodiscard]] int replay_file(const std::string& path);

}  // namespace sim
