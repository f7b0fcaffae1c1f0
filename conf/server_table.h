// The rows of dnsd's `server` and `rate_limit`.
#pragma once

#include "conf/dnsd.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Dnsd::Server>& server_table();
[[nodiscard]] const Table<Dnsd::RateLimit>& rate_limit_table();

}  // namespace conf
