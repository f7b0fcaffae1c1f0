// The option table of a pool.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Pool>& pool_table();

}  // namespace conf
