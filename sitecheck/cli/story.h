// `sitecheck events` for people: the journal as a story, a day at a time, each line a moment, a pool and a sentence.
#pragma once

#include <string>

#include "base/io/command_line.h"

namespace sitecheck::cli {

// `data` as the daemon gives it: {"events":[{"time","event","message",…}]}, oldest first. Times are UTC, so that the
// stories of two sites lie beside each other.
[[nodiscard]] std::string render_story(const std::string& data);

[[nodiscard]] io::CommandSpec events_command();

}  // namespace sitecheck::cli
