// The commands that order how a site behaves: mode, downtime, move-role.
#pragma once

#include <string>

#include "base/io/control.h"
#include "sitecheck/io/commands.h"

namespace sitecheck {

// Answers and gives true if the command is one of these. `args` is the text of a JSON object.
bool handle_order(const CommandContext& context, const io::ControlRequest& request, const io::ControlAnswer& answer);

}  // namespace sitecheck
