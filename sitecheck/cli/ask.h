// Asking the daemon of this program.
#pragma once

#include <string>

#include "base/io/command.h"
#include "base/io/command_line.h"

namespace sitecheck::cli {

[[nodiscard]] const io::Daemon& daemon();
int ask(const io::Call& call, const std::string& command, const std::string& args, const io::Renderer& render);
// `"key":"value"`, escaped.
[[nodiscard]] std::string member(const std::string& key, const std::string& value);

}  // namespace sitecheck::cli
