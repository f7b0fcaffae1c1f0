// What a pool's kind demands of its configuration (conf/kind_table.h).
#pragma once

#include "conf/reading.h"
#include "conf/sitecheck.h"

namespace conf {

// Reports keys that have no meaning for the pool's kind, and what it lacks; `item` is its mapping. A pool without
// arbitration has no guard from here on.
void check_kind(Reading& reading, const Sitecheck& s, Pool& pool, const Value& item);

}  // namespace conf
