#include "sitecheck/cli/cli.h"

#include <iostream>

#include "sitecheck/cli/commands.h"

namespace sitecheck::cli {

namespace {

// MPP's spelling, which check scripts use: --is-active NODE, --report=NODE.
std::vector<std::string> with_classic_forms(std::vector<std::string> args) {
  for (const std::string word : {"is-active", "report"}) {
    if (args.empty() || !args[0].starts_with("--" + word)) continue;
    const std::string rest = args[0].substr(2 + word.size());
    if (rest.empty()) {
      args[0] = word;
    } else if (rest[0] == '=') {
      args[0] = word;
      args.insert(args.begin() + 1, rest.substr(1));
    }
  }
  return args;
}

}  // namespace

int run(const std::vector<std::string>& args, const Hooks& hooks, std::ostream& out, std::ostream& err) {
  return io::run_program(program(hooks), with_classic_forms(args), out, err);
}

int run(int argc, char** argv, const Hooks& hooks) {
  const std::vector<std::string> args(argv + (argc > 0 ? 1 : 0), argv + argc);
  return run(args, hooks, std::cout, std::cerr);
}

}  // namespace sitecheck::cli
