// A program's command line as a table of commands: parsing, help and exit statuses are the same for both programs, and
// the manual pages are checked against the table.
#pragma once

#include <functional>
#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "base/io/command.h"

namespace io {

// What was given on the command line.
struct Call {
  std::string config;
  std::string control;  // --control; empty: as the configuration says
  std::string reason;
  bool json = false;
  std::map<std::string, std::string> values;  // arguments by name, options by name without the dashes
  std::map<std::string, bool> switches;       // without the dashes
  std::ostream& out;
  std::ostream& err;
};

struct ArgumentSpec {
  std::string name;  // "NODE"
  std::string help;
  std::vector<std::string> words{};  // if not empty, it is one of these
};

struct OptionSpec {
  std::string name;        // "last", without the dashes
  std::string value_name;  // "N"; empty: a switch
  std::string help;
  std::string standard{};            // the value if it is not given
  std::vector<std::string> words{};  // if not empty, the value is one of these
  bool number = false;               // a whole number above zero
  bool required = false;
  char letter = 0;  // the short form, -w; 0: none
};

enum class Reason { kNone, kOptional, kRequired };

struct CommandSpec {
  std::string name;
  std::string help;
  std::vector<ArgumentSpec> arguments{};
  std::vector<OptionSpec> options{};
  bool json = false;              // takes --json
  bool daemon = false;            // asks the daemon: takes --control
  Reason reason = Reason::kNone;  // takes --reason
  // For wrong usage. A monitoring plugin has another, gives it for --help and --version too (as the plugins'
  // guidelines want it), and takes -V.
  int usage_status = 2;
  std::function<int(const Call&)> run;
};

struct ProgramSpec {
  std::string name;
  std::string summary;
  std::string config;  // the default of --config
  std::vector<CommandSpec> commands;
};

// Runs the command that `args` (without the program's name) call for; 0 for --help and --version, 2 for wrong usage.
// No exception leaves it.
[[nodiscard]] int run_program(const ProgramSpec& program, const std::vector<std::string>& args, std::ostream& out,
                              std::ostream& err);

// The commands as man(7) text, a paragraph each with its options.
[[nodiscard]] std::string manual_commands(const ProgramSpec& program);

}  // namespace io
