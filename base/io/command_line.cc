#include "base/io/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <ostream>

#include "base/io/usage.h"
#include "base/text_table.h"

namespace io {

namespace {

constexpr int kUsage = 2;

std::string flags_of(const OptionSpec& spec) {
  return (spec.letter == 0 ? "" : std::string("-") + spec.letter + ",") + "--" + spec.name;
}

std::string version_of(const ProgramSpec& program) { return program.name + " " + WIDEIP_VERSION; }

// Says what is wrong with a word that is none of `words`; nothing if it is one.
std::function<std::string(const std::string&)> one_of(const std::vector<std::string>& words) {
  return [words](const std::string& found) {
    if (std::find(words.begin(), words.end(), found) != words.end()) return std::string();
    std::string out = "found \"" + base::for_terminal(found) + "\"; allowed: ";
    for (const auto& word : words) out += (&word == &words.front() ? "" : ", ") + word;
    return out;
  };
}

void add_option(CLI::App& app, const OptionSpec& spec, Call& call) {
  if (spec.value_name.empty()) {
    app.add_flag(flags_of(spec), call.switches[spec.name], spec.help)->required(spec.required);
    return;
  }
  std::string& value = call.values[spec.name];
  value = spec.standard;
  auto* option = app.add_option(flags_of(spec), value, spec.help)->required(spec.required);
  option->type_name(spec.value_name);
  if (!spec.standard.empty()) option->capture_default_str();
  if (!spec.words.empty()) option->check(CLI::IsMember(spec.words));
  if (spec.number) option->check(CLI::Range(1, 1'000'000));
}

CLI::App& add_command(CLI::App& app, const ProgramSpec& program, const CommandSpec& spec, Call& call) {
  CLI::App& command = *app.add_subcommand(spec.name, spec.help);
  command.set_version_flag(spec.usage_status == kUsage ? "--version" : "-V,--version", version_of(program));
  for (const auto& argument : spec.arguments) {
    auto* option = command.add_option(argument.name, call.values[argument.name], argument.help);
    option->required()->type_name("");
    if (!argument.words.empty()) option->check(one_of(argument.words), "");
  }
  for (const auto& option : spec.options) add_option(command, option, call);
  command.add_option("--config", call.config, "The configuration")->type_name("FILE")->capture_default_str();
  if (spec.daemon) {
    command.add_option("--control", call.control, "The daemon's control socket, instead of the configuration's")
        ->type_name("PATH");
  }
  if (spec.json) command.add_flag("--json", call.json, "Print JSON");
  if (spec.reason != Reason::kNone) {
    command.add_option("--reason", call.reason, "Why; it is logged with who")
        ->type_name("TEXT")
        ->required(spec.reason == Reason::kRequired)
        ->check([required = spec.reason == Reason::kRequired](const std::string& text) {
          return required && text.empty() ? std::string("say why: it is logged with who") : std::string();
        });
  }
  return command;
}

int parse_and_run(const ProgramSpec& program, const std::vector<std::string>& args, std::ostream& out,
                  std::ostream& err) {
  CLI::App app(program.summary, program.name);
  app.set_version_flag("--version", version_of(program));
  app.require_subcommand(1);
  Call call{program.config, {}, {}, false, {}, {}, out, err};
  // Commands share no values: the one that is called alone gets its own.
  std::vector<Call> calls(program.commands.size(), call);
  std::vector<CLI::App*> commands;
  for (std::size_t i = 0; i < program.commands.size(); ++i) {
    commands.push_back(&add_command(app, program, program.commands[i], calls[i]));
  }
  try {
    std::vector<std::string> reversed(args.rbegin(), args.rend());  // as CLI11 wants them
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& e) {
    const bool asked = e.get_exit_code() == 0;  // --help, --version
    if (asked) {
      (void)app.exit(e, out, err);
    } else {
      err << usage_fault(program, args, e.what());
    }
    const int plain = asked ? 0 : kUsage;
    const auto called = std::find_if(program.commands.begin(), program.commands.end(),
                                     [&](const CommandSpec& c) { return !args.empty() && c.name == args[0]; });
    return called == program.commands.end() || called->usage_status == kUsage ? plain : called->usage_status;
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    if (commands[i]->parsed()) return program.commands[i].run(calls[i]);
  }
  return kUsage;
}

}  // namespace

int run_program(const ProgramSpec& program, const std::vector<std::string>& args, std::ostream& out,
                std::ostream& err) {
  try {
    return parse_and_run(program, args, out, err);
  } catch (const std::exception& e) {
    err << program.name << ": " << e.what() << "\n";
    return kUsage;
  }
}

}  // namespace io
