#include "dnsd/cli/cli.h"

#include <iostream>

#include "dnsd/cli/commands.h"

namespace dnsd::cli {

int run(const std::vector<std::string>& args, const Hooks& hooks, std::ostream& out, std::ostream& err) {
  return io::run_program(program(hooks), args, out, err);
}

int run(int argc, char** argv, const Hooks& hooks) {
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  return run(args, hooks, std::cout, std::cerr);
}

}  // namespace dnsd::cli
