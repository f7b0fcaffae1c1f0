// `sitecheck nagios POOL`: a monitoring plugin by the monitoring plugins' development guidelines. Status 0 OK, 1
// WARNING, 2 CRITICAL, 3 UNKNOWN: the daemon does not answer, or wrong usage.
#pragma once

#include <string>

#include "base/io/command_line.h"
#include "sitecheck/cli/nagios_range.h"

namespace sitecheck::cli {

struct NagiosThresholds {
  NagiosRange warning;   // of the lag of a node in seconds
  NagiosRange critical;  // likewise
};

struct NagiosResult {
  int status = 3;
  std::string text;  // lines; the first one is all that most monitors show
};

// From the text of the status object (conf/schema/sitecheck-status.schema.json). `verbose` adds a line for each node
// and alarm. UNKNOWN if there is no such pool, or the text is no status.
//
// CRITICAL: the pool's STATUS is FAIL, no site is known to write, a local node FAILs, or a lag is critical. WARNING:
// STATUS is WARN, an alarm stands, a node is neither OK nor OK_INFO, or a lag is in its range.
[[nodiscard]] NagiosResult nagios_result(const std::string& status_json, const std::string& pool,
                                         const NagiosThresholds& thresholds, bool verbose);

[[nodiscard]] io::CommandSpec nagios_command();

}  // namespace sitecheck::cli
