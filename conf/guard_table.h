// The option table of a pool's guard.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Shape& guard_shape();
void read_guard(Reading& reading, const Field& field, const Value& value, Pool& out);

}  // namespace conf
