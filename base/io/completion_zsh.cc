#include "base/io/completion.h"
#include "base/io/completion_words.h"

namespace io {

namespace {

// Inside single quotes, and in the brackets and between the colons of _arguments.
std::string quoted(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
      continue;
    }
    if (c == '[' || c == ']' || c == ':' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string action(Offer offer, const std::vector<std::string>& words) {
  if (offer == Offer::kFiles) return "_files";
  if (offer == Offer::kNothing) return " ";
  std::string out = "(";
  for (const auto& word : words) out += (out.size() == 1 ? "" : " ") + word;
  return out + ")";
}

std::string flag_spec(const CompletedFlag& flag) {
  const bool value = !flag.value_name.empty();
  const std::string sign = !value ? "" : flag.text.starts_with("--") ? "=" : "+";
  std::string out = "'" + flag.text + sign + "[" + quoted(flag.help) + "]";
  if (value) out += ":" + flag.value_name + ":" + action(flag.offer, flag.words);
  return out + "'";
}

std::string case_of(const CommandSpec& command) {
  std::string out = "    " + command.name + ")\n      _arguments";
  for (const auto& flag : flags_of(command)) out += " \\\n        " + flag_spec(flag);
  int at = 0;
  for (const auto& argument : command.arguments) {
    out += " \\\n        '" + std::to_string(++at) + ":" + argument.name + ":" +
           action(argument.words.empty() ? Offer::kNothing : Offer::kWords, argument.words) + "'";
  }
  return out + "\n      ;;\n";
}

}  // namespace

std::string zsh_completion(const ProgramSpec& program) {
  const std::string name = "_" + program.name;
  std::string commands;
  std::string cases;
  for (const auto& command : program.commands) {
    commands += "    '" + command.name + ":" + quoted(first_sentence(command.help)) + "'\n";
    cases += case_of(command);
  }
  return "#compdef " + program.name + "\n# Completion of " + program.name + " in zsh, printed by `" + program.name +
         " completion zsh`.\n" + name +
         "() {\n"
         "  local -a commands\n"
         "  commands=(\n" +
         commands +
         "  )\n"
         "  if ((CURRENT == 2)); then\n"
         "    _describe -t commands command commands\n"
         "    _arguments '--help[What there is]' '--version[The version]'\n"
         "    return\n"
         "  fi\n"
         "  shift words\n"
         "  ((CURRENT--))\n"
         "  case $words[1] in\n" +
         cases +
         "  esac\n"
         "}\n"
         "if [[ $funcstack[1] == " +
         name + " ]]; then\n  " + name + " \"$@\"\nelse\n  compdef " + name + " " + program.name + "\nfi\n";
}

}  // namespace io
