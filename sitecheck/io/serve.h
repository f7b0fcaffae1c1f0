// `sitecheck serve`: the runner and its doors (ECV, stats, control, journal) in one process.
#pragma once

#include "conf/sitecheck.h"

namespace sitecheck {

// Runs in the foreground until SIGTERM or SIGINT; prints the `ready` line. The return value is the exit status: 1 if
// something cannot be opened. Stopping leaves the writer as it is: a restart within the lease keeps it, else the guard
// closes it (protocol.md section 3).
[[nodiscard]] int serve(const conf::Sitecheck& conf, bool bootstrap);

}  // namespace sitecheck
