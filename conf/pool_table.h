// The option table of a pool, its nodes, accounts and guard.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Pool>& pool_table();
[[nodiscard]] const Table<Account>& account_table();

}  // namespace conf
