// The commands of dnsd as a table (base/io/command_line.h); the manual page is checked against it.
//
// What each asks of the daemon over the control socket (base/io/control.h), and the `data` it prints:
//   status {}                     the agreed status object (conf/schema/dnsd-status.schema.json)
//   explain {"name"}              the decision (conf/schema/dnsd-explain.schema.json)
//   reload {}                     any object; "text" is printed as it is; exit 1 and `error` if nothing was taken over
//   forget-epoch {"pool"}         likewise
//   drain, pin {"what","wideip","for","until","break_glass","confirm"}, undrain {"what","wideip"}, unpin {"wideip"}
//                                 the order and what is answered now (conf/schema/dnsd-drain.schema.json)
//   overrides {}                  the orders in force (conf/schema/dnsd-overrides.schema.json)
//   events {"last":N}             {"events":[{"time","event","message",…}]}
#pragma once

#include "base/io/command_line.h"
#include "dnsd/cli/cli.h"

namespace dnsd::cli {

[[nodiscard]] io::ProgramSpec program(const Hooks& hooks);

}  // namespace dnsd::cli
