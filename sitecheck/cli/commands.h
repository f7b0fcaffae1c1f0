// The commands of sitecheck as a table (base/io/command_line.h); the manual page is checked against it.
//
// What each asks of the daemon over the control socket (base/io/control.h), and the `data` it prints:
//   status, show, checks: status {}   the agreed status object (conf/schema/sitecheck-status.schema.json)
//   events {"last":N,"since_ms":N,"pool"}  {"events":[{"time","event","message",…}]}; all but one may be left out
//   recover {"target","accept_errant":bool}   target is a NODE or a POOL; "text" is printed as it is
//   set-offline {"node"}, set-online {"node"}  likewise
//   is-active {"node"}                {"text":"OK"|"NO"}, exit 0 or 1
//   report {"node"}                   {"text":"OK/ACTIVE (PRIMARY)"}
//   lvs-check {"node","role":"rw"|"ro"}  {"text":"OK"|"NO"}, exit 0 or 1
//   test-hook {}                      {"text"}; answered when the hook has ended
//   promote {"pool","force":true}     exit 1 and `error` if the daemon refuses
//   switchover {"pool","to"|"abort":true,"dry_run":bool,"limit_ms":N}  answered when it is over
// `grants` and `check` need no daemon. A NODE is its name, or HOST:PORT.
#pragma once

#include "base/io/command_line.h"
#include "sitecheck/cli/cli.h"

namespace sitecheck::cli {

[[nodiscard]] io::ProgramSpec program(const Hooks& hooks);

}  // namespace sitecheck::cli
