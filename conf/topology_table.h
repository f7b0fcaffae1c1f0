// The option table of `topology:`, apart from those of the whole file.
#pragma once

#include "conf/dnsd.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Topology>& topology_table();

}  // namespace conf
