#include "sitecheck/cli/cli.h"

#include <iostream>

#include "sitecheck/cli/commands.h"

namespace sitecheck::cli {

int run(const std::vector<std::string>& args, const Hooks& hooks, std::ostream& out, std::ostream& err) {
  return io::run_program(program(hooks), args, out, err);
}

int run(int argc, char** argv, const Hooks& hooks) {
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  return run(args, hooks, std::cout, std::cerr);
}

}  // namespace sitecheck::cli
