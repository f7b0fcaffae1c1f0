// The option table of a pool's roles.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Role>& role_table();

}  // namespace conf
