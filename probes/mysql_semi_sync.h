// Whether the commits that a server acknowledges are at a second place (semi-synchronous replication), as the server
// itself says. Pure: statements out, results in. MariaDB has it built in; MySQL by plugins, whose names changed
// in 8.0.26 (master and slave became source and replica).
#pragma once

#include <cstdint>
#include <string>

#include "probes/mysql_client.h"

namespace probes {

enum class SemiSyncState : std::uint8_t {
  kUnknown,   // not asked, or the server does not tell
  kOff,       // not switched on at this server
  kOn,        // commits wait for a replica
  kDegraded,  // switched on, but fallen back to asynchronous
};

struct SemiSyncStatus {
  SemiSyncState state = SemiSyncState::kUnknown;
  int replicas = 0;  // connected that acknowledge
};

// Two statements; any account may run them. Names and values are their first two columns.
[[nodiscard]] std::string semi_sync_variables_sql();
[[nodiscard]] std::string semi_sync_status_sql();
// As a source. kOff also where the plugin is not loaded.
[[nodiscard]] SemiSyncStatus read_semi_sync(const MysqlResult& variables, const MysqlResult& status);

}  // namespace probes
