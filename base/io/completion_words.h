// What a shell has to know of one command, the same for every shell.
#pragma once

#include <string>
#include <vector>

#include "base/io/command_line.h"

namespace io {

enum class Offer { kNothing, kWords, kFiles };

struct CompletedFlag {
  std::string text;  // "--last", "-w"
  std::string help;
  std::string value_name;  // empty: a switch
  Offer offer = Offer::kNothing;
  std::vector<std::string> words{};  // kWords
};

// Every flag that `command` takes, in the order of its help.
[[nodiscard]] std::vector<CompletedFlag> flags_of(const CommandSpec& command);
// The first sentence of a help text.
[[nodiscard]] std::string first_sentence(const std::string& help);

}  // namespace io
