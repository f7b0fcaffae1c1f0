#include "base/io/command_line.h"
#include "base/roff.h"

namespace io {

namespace {

using base::roff;

std::string flag(const std::string& name, const std::string& value_name, char letter = 0) {
  const std::string brief = letter == 0 ? "" : std::string("\\fB\\-") + letter + "\\fR, ";
  return brief + "\\fB\\-\\-" + roff(name) + "\\fR" + (value_name.empty() ? "" : " \\fI" + roff(value_name) + "\\fR");
}

std::string synopsis(const CommandSpec& command) {
  std::string out = "\\fB" + roff(command.name) + "\\fR";
  for (const auto& argument : command.arguments) out += " \\fI" + roff(argument.name) + "\\fR";
  for (const auto& option : command.options) {
    const std::string text = flag(option.name, option.value_name, option.letter);
    out += option.required ? " " + text : " [" + text + "]";
  }
  if (command.reason != Reason::kNone) {
    const std::string text = flag("reason", "TEXT");
    out += command.reason == Reason::kRequired ? " " + text : " [" + text + "]";
  }
  if (command.json) out += " [" + flag("json", "") + "]";
  return out;
}

std::string paragraph(const CommandSpec& command) {
  std::string out = ".TP\n" + synopsis(command) + "\n" + roff(command.help) + ".";
  for (const auto& option : command.options) {
    out += "\n.br\n" + flag(option.name, option.value_name, option.letter) + ": " + roff(option.help) + ".";
    if (!option.standard.empty()) out += " Default: " + roff(option.standard) + ".";
  }
  if (!command.daemon) out += "\n.br\nNeeds no running daemon.";
  return out + "\n";
}

}  // namespace

std::string manual_commands(const ProgramSpec& program) {
  std::string out;
  for (const auto& command : program.commands) out += paragraph(command);
  return out;
}

}  // namespace io
