#include "base/io/completion.h"
#include "base/io/completion_words.h"

namespace io {

namespace {

std::string joined(const std::vector<std::string>& words, const std::string& between = " ") {
  std::string out;
  for (const auto& word : words) out += (out.empty() ? "" : between) + word;
  return out;
}

std::string function_of(const ProgramSpec& program) { return "_" + program.name; }

// What the command takes: its flags, those of them that take a value, and what its arguments may be.
std::string takes(const CommandSpec& command) {
  std::vector<std::string> flags;
  std::vector<std::string> valued;
  for (const auto& flag : flags_of(command)) {
    flags.push_back(flag.text);
    if (!flag.value_name.empty()) valued.push_back(flag.text);
  }
  std::string arguments;
  for (const auto& argument : command.arguments) {
    arguments += (arguments.empty() ? "" : " ") + ("'" + joined(argument.words) + "'");
  }
  return "    " + command.name + ")\n      flags='" + joined(flags) + "'\n      valued=' " + joined(valued) +
         " '\n      arguments=(" + arguments + ")\n      ;;\n";
}

// What the values of its flags may be, where that is known.
std::string values(const CommandSpec& command) {
  std::string out;
  std::vector<std::string> files;
  for (const auto& flag : flags_of(command)) {
    const std::string place = "'" + command.name + " " + flag.text + "'";
    if (flag.offer == Offer::kFiles) files.push_back(place);
    if (flag.offer == Offer::kWords) out += "    " + place + ") words='" + joined(flag.words) + "' ;;\n";
  }
  return out + "    " + joined(files, " | ") + ") files=yes ;;\n";
}

// COMP_WORDS has `--flag=value` in three parts, the sign a word of its own.
constexpr const char* kPlaces = R"(  local i
  if [[ $cur == '=' ]]; then
    cur=''
  elif [[ $prev == '=' ]]; then
    prev=${COMP_WORDS[COMP_CWORD - 2]}
  fi
)";

constexpr const char* kChoose = R"(  if [[ $valued == *" $prev "* ]]; then
    if [[ -n $files ]]; then
      compopt -o filenames 2>/dev/null
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      return
    fi
  elif [[ $cur == -* ]]; then
    words=$flags
  else
    # Which argument this is: those before it are no flags, and no values of flags.
    for ((i = 2; i < COMP_CWORD; i++)); do
      if [[ $valued == *" ${COMP_WORDS[i]} "* ]]; then
        if [[ ${COMP_WORDS[i + 1]} == '=' ]]; then ((i += 2)); else ((i += 1)); fi
      elif [[ ${COMP_WORDS[i]} != -* ]]; then
        ((at += 1))
      fi
    done
    words=${arguments[at]-$flags}
  fi
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
)";

}  // namespace

std::string bash_completion(const ProgramSpec& program) {
  std::string names;
  std::string all_take;
  std::string all_values;
  for (const auto& command : program.commands) {
    names += command.name + " ";
    all_take += takes(command);
    all_values += values(command);
  }
  return "# shellcheck shell=bash\n# Completion of " + program.name + " in bash, printed by `" + program.name +
         " completion bash`.\n" + function_of(program) +
         "() {\n"
         "  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]}\n"
         "  local flags='' valued=' ' words='' files='' at=0 arguments=()\n"
         "  COMPREPLY=()\n" +
         kPlaces +
         "  if ((COMP_CWORD == 1)); then\n"
         "    mapfile -t COMPREPLY < <(compgen -W '" +
         names +
         "--help --version' -- \"$cur\")\n    return\n  fi\n"
         "  case ${COMP_WORDS[1]} in\n" +
         all_take + "    *) return ;;\n  esac\n  case \"${COMP_WORDS[1]} $prev\" in\n" + all_values + "  esac\n" +
         kChoose + "}\ncomplete -F " + function_of(program) + " " + program.name + "\n";
}

}  // namespace io
