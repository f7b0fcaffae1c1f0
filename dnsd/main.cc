// dnsd: the name server of wideip. Wires command line, control plane and data plane; decides nothing itself.
#include <malloc.h>
#include <sys/resource.h>

#include <csignal>
#include <utility>

#include "dnsd/cli/cli.h"
#include "dnsd/control/compare.h"
#include "dnsd/control/simulate.h"
#include "dnsd/control/topology.h"
#include "dnsd/control/zone_table.h"
#include "dnsd/daemon.h"

namespace {

// Each connection and each poll of a site is a descriptor; the usual soft limit of 1,024 is made for programs that use
// select(2).
void raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

// What reading the configuration left free, which the tables that are made of it need in other sizes.
void give_back() { ::malloc_trim(0); }

// What is large has pages of its own, which go back to the system as soon as it is freed. Without this, glibc raises
// the bound to the size of what was freed before, and the tables of a reload lie among small pieces that stay.
void keep_large_apart() { ::mallopt(M_MMAP_THRESHOLD, 256 << 10); }

int serve(conf::Dnsd config, const dnsd::cli::ServeOptions& options) {
  std::signal(SIGPIPE, SIG_IGN);
  raise_file_limit();
  give_back();
  keep_large_apart();
  return dnsd::Daemon(std::move(config), options).run();
}

}  // namespace

int main(int argc, char** argv) {
  return dnsd::cli::run(
      argc, argv,
      {serve, control::check_zones, control::check_topology, control::compare, control::simulate, control::replay});
}
