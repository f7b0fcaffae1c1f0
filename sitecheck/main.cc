// sitecheck: the monitor of one site. The command line decides; serving and guarding are handed in here.
#include "sitecheck/cli/cli.h"
#include "sitecheck/io/guard.h"
#include "sitecheck/io/serve.h"

int main(int argc, char** argv) {
  sitecheck::cli::Hooks hooks;
  hooks.serve = [](const conf::Sitecheck& conf, const sitecheck::cli::ServeOptions& options) {
    return sitecheck::serve(conf, options.bootstrap);
  };
  hooks.guard = [](const conf::Sitecheck& conf, const sitecheck::cli::GuardOptions& options) {
    return sitecheck::run_guard(conf, {options.pool, options.listen, options.remove});
  };
  return sitecheck::cli::run(argc, argv, hooks);
}
