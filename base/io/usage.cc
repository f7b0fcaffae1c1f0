#include "base/io/usage.h"

#include <algorithm>
#include <string_view>

#include "base/text.h"
#include "base/text_table.h"

namespace io {

namespace {

std::string meant(std::string_view word, const std::vector<std::string>& known) {
  const std::vector<std::string_view> candidates(known.begin(), known.end());
  const auto near = base::nearest(word, candidates);
  return near ? " (did you mean " + *near + "?)" : "";
}

std::vector<std::string> options_of(const CommandSpec& command) {
  std::vector<std::string> out{"--config", "--help", "--version"};
  for (const auto& option : command.options) out.push_back("--" + option.name);
  if (command.daemon) out.emplace_back("--control");
  if (command.json) out.emplace_back("--json");
  if (command.reason != Reason::kNone) out.emplace_back("--reason");
  return out;
}

std::string no_command(const ProgramSpec& program, const std::vector<std::string>& args) {
  std::vector<std::string> names;
  std::string list;
  for (const auto& command : program.commands) {
    names.push_back(command.name);
    list += (list.empty() ? "" : ", ") + command.name;
  }
  std::string out = program.name + ": ";
  if (args.empty()) {
    out += "no command given";
  } else if (args[0].starts_with('-')) {
    out += base::for_terminal(args[0]) + ": a command comes first, its options after it";
  } else {
    out += "there is no command \"" + base::for_terminal(args[0]) + "\"" + meant(args[0], names);
  }
  return out + "\ncommands: " + list + "\n`" + program.name + " --help` tells what they do\n";
}

}  // namespace

std::string usage_fault(const ProgramSpec& program, const std::vector<std::string>& args, const std::string& fault) {
  const auto command = std::find_if(program.commands.begin(), program.commands.end(),
                                    [&](const CommandSpec& c) { return !args.empty() && c.name == args[0]; });
  if (command == program.commands.end()) return no_command(program, args);
  const std::string called = program.name + " " + command->name;
  std::string out = called + ": " + base::for_terminal(fault);
  const auto known = options_of(*command);
  for (const std::string& word : args) {
    const std::string option = word.substr(0, word.find('='));
    if (!option.starts_with("--") || std::find(known.begin(), known.end(), option) != known.end()) continue;
    out += meant(option, known);
    break;
  }
  return out + "\n`" + called + " --help` tells what it takes\n";
}

}  // namespace io
