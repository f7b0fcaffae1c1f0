// The safety rules of a wide-IP: what an operator's order may not do to it without break-glass.
#pragma once

#include "conf/table.h"
#include "conf/wideip.h"

namespace conf {

// `safety`, a row of a wide-IP.
[[nodiscard]] Row<WideIp> safety_row();
// Rules that its members could never keep, and names that are none of theirs. After the members were read.
void check_safety(Reading& reading, const Value& wideip_value, const WideIp& wideip);

}  // namespace conf
