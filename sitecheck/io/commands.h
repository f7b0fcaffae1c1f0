// The commands of a running sitecheck over the control socket (the table in sitecheck/cli/commands.h).
#pragma once

#include <filesystem>
#include <functional>

#include "base/io/control.h"
#include "sitecheck/io/event_hook.h"
#include "sitecheck/io/runner.h"
#include "sitecheck/io/status_json.h"

namespace sitecheck {

struct CommandContext {
  Runner& runner;
  std::filesystem::path journal;
  std::function<Present()> present;
  EventHook* hook = nullptr;  // null: none is configured
};

// Answers one request, at once or, for what changes state, when the core has decided.
void handle_command(const CommandContext& context, const io::ControlRequest& request, const io::ControlAnswer& answer);

}  // namespace sitecheck
