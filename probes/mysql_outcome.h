// Which outcome a failed statement of a probe stands for.
#pragma once

#include "probes/mysql_client.h"
#include "probes/probe.h"

namespace probes {

// Errors 1040 and 1203 (too many connections) are "degraded", 1045 and its like "misconfigured": neither proves the
// writer dead (spec.md section 3).
[[nodiscard]] Outcome classify(const MysqlResult& r);

// By the server's own word there is no such table or database, or no right to it.
[[nodiscard]] bool says_schema_is_missing(const MysqlResult& r);
[[nodiscard]] bool says_schema_is_denied(const MysqlResult& r);

}  // namespace probes
