// The commands of a running sitecheck over the control socket (the table in sitecheck/cli/commands.h).
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <string_view>

#include "base/io/control.h"
#include "sitecheck/io/event_hook.h"
#include "sitecheck/io/reload.h"
#include "sitecheck/io/runner.h"
#include "sitecheck/io/status_json.h"

namespace sitecheck {

struct CommandContext {
  Runner& runner;
  std::filesystem::path journal;
  std::function<Present()> present;
  EventHook* hook = nullptr;     // null: none is configured
  Reloader* reloader = nullptr;  // null: there is no file to read anew
};

// A command as the control socket and the REST API know it. Whatever is not in the table is no command.
struct CommandRule {
  std::string_view name;
  bool changes = false;  // state, so it needs the right to write, and over the REST API a reason
};
[[nodiscard]] std::span<const CommandRule> command_rules();
// Null: no command of that name.
[[nodiscard]] const CommandRule* find_command(std::string_view name);

// Answers one request, at once or, for what changes state, when the core has decided.
void handle_command(const CommandContext& context, const io::ControlRequest& request, const io::ControlAnswer& answer);

}  // namespace sitecheck
