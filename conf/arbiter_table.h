// The option table of `arbiter:`, apart from those of the whole file.
#pragma once

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Sitecheck::Arbiter>& arbiter_table();

}  // namespace conf
