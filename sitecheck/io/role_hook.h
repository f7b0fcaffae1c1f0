// One run of a role's hook: what it is told, and how its end is told to people.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/io/subprocess.h"
#include "base/time.h"

namespace sitecheck {

struct RoleHook {
  std::vector<std::string> args;  // program and arguments
  base::Duration timeout{};
  bool promote = false;
  std::string why;
  std::string site;
  std::string pool;
  std::string role;
  std::string kind;
  std::string address;  // "" of a role without addresses
  std::string node;
  std::string host;
  std::uint16_t port = 0;
  std::uint64_t counter = 0;  // of the highest epoch seen
};

// As a process to run, with the environment that README.md lists.
[[nodiscard]] io::SubprocessOptions hook_process(const RoleHook& hook);
// Of its output or its end, what a line takes.
[[nodiscard]] std::string hook_text(std::string text);

}  // namespace sitecheck
