// `status --watch`: what a daemon says, drawn anew each second until the person ends it.
#pragma once

#include <string>

#include "base/io/command.h"
#include "base/io/command_line.h"

namespace io {

// The option; `call.switches.at("watch")` tells whether it was given.
[[nodiscard]] OptionSpec watch_option();

// Asks as ask_daemon() does and draws what `render` makes of the reply. A daemon that does not answer is told of, and
// asked again. Exit status 0 once it is ended; 2 if nothing can be drawn, or with --json.
int watch_daemon(const Call& call, const Daemon& daemon, const std::string& command, const std::string& args,
                 const Renderer& render);

}  // namespace io
