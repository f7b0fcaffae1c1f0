// The option table of a monitor, and what must hold between its fields.
#pragma once

#include "conf/monitor.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Monitor>& monitor_table();

// Completes the monitors (ports, timeouts), and reports what does not fit: keys of other kinds, unknown names under
// `of`, circles.
void check_monitors(Reading& reading, const Value& root, std::vector<Monitor>& monitors);
// `checkpoints` of dnsd.yaml: each is a monitor that knows where to look.
void check_gate(Reading& reading, const Value& root, const std::vector<Monitor>& monitors,
                const std::vector<std::string>& checkpoints);

}  // namespace conf
