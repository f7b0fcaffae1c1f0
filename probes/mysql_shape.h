// Is a result what a statement of the dialect answers with? A server that answers with less, or with something else, is
// alive, and nothing of it may be taken for a state: the fault names the column.
#pragma once

#include <string>

#include "probes/mysql_client.h"
#include "probes/mysql_dialect.h"

namespace probes {

// Of state_sql(): "" if it can be read, else e.g. `column "read_only" is missing from the answer to "SELECT @@…"`.
[[nodiscard]] std::string state_fault(const ServerVersion& v, const MysqlResult& r);
// Of replica_sql(), every row; none is well.
[[nodiscard]] std::string replica_fault(const ServerVersion& v, const MysqlResult& r);
// Of the look at the epoch table: one row, a number or NULL.
[[nodiscard]] std::string epoch_fault(const MysqlResult& r);

}  // namespace probes
