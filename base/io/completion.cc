#include "base/io/completion.h"

#include <algorithm>
#include <ostream>

#include "base/io/completion_words.h"

namespace io {

namespace {

Offer offer_of(const OptionSpec& option) {
  if (!option.words.empty()) return Offer::kWords;
  return option.value_name == "FILE" || option.value_name == "PATH" ? Offer::kFiles : Offer::kNothing;
}

}  // namespace

std::string first_sentence(const std::string& help) {
  return help.substr(0, std::min(help.find(". "), help.find("; ")));
}

std::vector<CompletedFlag> flags_of(const CommandSpec& command) {
  std::vector<CompletedFlag> out;
  for (const auto& option : command.options) {
    const CompletedFlag flag{"--" + option.name, first_sentence(option.help), option.value_name, offer_of(option),
                             option.words};
    if (option.letter != 0) {
      out.push_back(flag);
      out.back().text = std::string("-") + option.letter;
    }
    out.push_back(flag);
  }
  out.push_back({"--config", "The configuration", "FILE", Offer::kFiles});
  if (command.daemon) out.push_back({"--control", "The daemon's control socket", "PATH", Offer::kFiles});
  if (command.json) out.push_back({"--json", "Print JSON", ""});
  if (command.reason != Reason::kNone) out.push_back({"--reason", "Why", "TEXT"});
  out.push_back({"--help", "What the command takes", ""});
  out.push_back({"--version", "The version", ""});
  return out;
}

CommandSpec completion_command(const ProgramSpec& program) {
  CommandSpec out{.name = "completion",
                  .help = "Print what makes a shell complete the commands of " + program.name + ", as for `source <(" +
                          program.name + " completion bash)`",
                  .arguments = {{.name = "SHELL", .help = "bash or zsh", .words = {"bash", "zsh"}}},
                  .run = {}};
  ProgramSpec all = program;
  all.commands.push_back(out);
  out.run = [all = std::move(all)](const Call& call) {
    call.out << (call.values.at("SHELL") == "zsh" ? zsh_completion(all) : bash_completion(all));
    return 0;
  };
  return out;
}

}  // namespace io
