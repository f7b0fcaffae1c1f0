// Asks the servers of a pool what its accounts lack.
#pragma once

#include "base/io/command_line.h"
#include "conf/sitecheck.h"

namespace sitecheck::cli {

// `grants POOL --missing`: connects to every node as each account that works there, and prints the statements that a
// person should run, by node. Gives the exit status: 0 nothing is missing, 1 something is, or a node could not be
// asked.
int print_missing_grants(const io::Call& call, const conf::Pool& pool);

}  // namespace sitecheck::cli
