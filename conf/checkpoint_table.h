// The option table of a checkpoint.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Checkpoint>& checkpoint_table();

}  // namespace conf
