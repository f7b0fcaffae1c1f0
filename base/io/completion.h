// Completion of a program's command line in bash and zsh, made from the table of its commands: what a shell offers is
// what the program takes.
#pragma once

#include <string>

#include "base/io/command_line.h"

namespace io {

// A script for bash 4.4 and later; it needs nothing but bash itself.
[[nodiscard]] std::string bash_completion(const ProgramSpec& program);
// A function for zsh: as a file _PROGRAM in its fpath, or sourced.
[[nodiscard]] std::string zsh_completion(const ProgramSpec& program);

// `completion SHELL`, which prints them. It completes the commands that `program` has now, and itself.
[[nodiscard]] CommandSpec completion_command(const ProgramSpec& program);

}  // namespace io
