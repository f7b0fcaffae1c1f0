// The option table of a wide-IP.
#pragma once

#include "conf/table.h"
#include "conf/wideip.h"

namespace conf {

[[nodiscard]] const Table<WideIp>& wideip_table();
// Every method, and its word in the file, in the same order; active_writer is the first.
[[nodiscard]] const std::vector<Method>& methods();
[[nodiscard]] const std::vector<std::string_view>& method_words();

}  // namespace conf
