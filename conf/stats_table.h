// The option table of sitecheck's stats port and its REST API.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Stats>& stats_table();
// What no single row can see.
void check_stats(Reading& reading, const Stats& stats);

}  // namespace conf
