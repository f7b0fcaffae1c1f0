// The option tables of a wide-IP's members and pools.
#pragma once

#include "conf/table.h"
#include "conf/wideip.h"

namespace conf {

// `members` and `pools`, and what stands beside `members` where there are no pools: the last rows of a wide-IP.
[[nodiscard]] std::vector<Row<WideIp>> member_rows();
// The pool of a wide-IP without `pools`; made if there is none yet.
[[nodiscard]] MemberPool& own_pool(WideIp& wideip);

}  // namespace conf
