// The option table of a wide-IP.
#pragma once

#include "conf/table.h"
#include "conf/wideip.h"

namespace conf {

[[nodiscard]] const Table<WideIp>& wideip_table();

}  // namespace conf
