// The rows of a monitor's table that only some kinds have; for monitor_table.cc.
#pragma once

#include <vector>

#include "conf/monitor.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] std::vector<Row<Monitor>> http_rows();      // http, https, and tcp's send and receive
[[nodiscard]] std::vector<Row<Monitor>> database_rows();  // mysql and galera; user and password of http too
[[nodiscard]] std::vector<Row<Monitor>> other_rows();     // dns, exec

}  // namespace conf
