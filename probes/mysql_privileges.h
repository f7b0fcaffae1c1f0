// What each account of a pool must be allowed on a server, by its version, and what it lacks there. Pure: the answer to
// SHOW GRANTS in, statements out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "probes/mysql_client.h"
#include "probes/mysql_dialect.h"

namespace probes {

enum class AccountRole : std::uint8_t { kMonitor, kAdmin, kReplication };
[[nodiscard]] std::string_view name(AccountRole role);

// MariaDB 10.5, MySQL 8.0 and later: the monitor may number transactions without SUPER, which bypasses read_only.
[[nodiscard]] bool has_fine_privileges(const ServerVersion& v);

struct Privileges {
  std::vector<std::string> global;     // ON *.*
  std::vector<std::string> on_schema;  // ON the pool's schema
};
// The least that the role's work needs. The monitor must not bypass read_only; leaving its write probe out of the
// binary log takes a privilege that MySQL 5 and MariaDB before 10.5 give only with SUPER, so there it is rolled back,
// and heartbeats, which are numbered by themselves, are the admin's.
// MySQL 8's SYSTEM_USER: without it the sessions of accounts that have it, as root has, cannot be ended by a fence.
[[nodiscard]] Privileges privileges(const ServerVersion& v, AccountRole role);

// "SHOW GRANTS": any account may ask it for itself.
[[nodiscard]] std::string grants_sql();
// Of its answer: the GRANT statements that the account lacks, and for the monitor the REVOKE of what bypasses
// read_only; empty if all is well. Nothing is claimed of an account that holds roles: what those give is not shown.
[[nodiscard]] std::vector<std::string> missing_grants(const ServerVersion& v, AccountRole role,
                                                      const std::string& schema, const MysqlResult& grants);

// "a, b".
[[nodiscard]] std::string join(const std::vector<std::string>& words, std::string_view between = ", ");

}  // namespace probes
