// The option table of a node of a pool.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Node>& node_table();

}  // namespace conf
