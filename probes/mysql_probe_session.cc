#include <array>
#include <cstdio>

#include "probes/mysql_accounts.h"
#include "probes/mysql_privileges.h"
#include "probes/mysql_probe_impl.h"

namespace probes {

// Once a connection: statements that a hung server would keep must end by themselves, and the write probe stays out
// of the binary log. An account that lacks the privilege for the latter probes all the same, logged.
void MysqlProbe::Impl::settle_session(const MysqlResult& r) {
  if (!r.ok()) {
    fail(r);
    return;
  }
  version = ServerVersion::parse(client.server_version());
  seen.version = version;
  tables_whole = true;
  plan();
  session_id = client.connection_id();
  std::array<char, 160> sql{};
  const double limit = static_cast<double>(options.timeout.count()) / 1e6;
  if (seen.version.mariadb()) {
    std::snprintf(sql.data(), sql.size(),
                  "SET SESSION max_statement_time=%.3f, lock_wait_timeout=1, innodb_lock_wait_timeout=1", limit);
  } else {
    std::snprintf(sql.data(), sql.size(), "SET SESSION lock_wait_timeout=1, innodb_lock_wait_timeout=1");
  }
  ask(sql.data(), &Impl::after_limits);
}

void MysqlProbe::Impl::after_limits(const MysqlResult& r) {
  if (!r.ok() && r.fault != MysqlFault::kServer) {
    fail(r);
    return;
  }
  ask("SET SESSION sql_log_bin=0", &Impl::after_session);
}

void MysqlProbe::Impl::after_session(const MysqlResult& r) {
  if (!r.ok() && r.fault != MysqlFault::kServer) {
    fail(r);
    return;
  }
  unlogged = r.ok() && !options.galera;  // Galera would replicate it, and flow control hold its commit up
  ask(grants_sql(), &Impl::after_grants);
}

void MysqlProbe::Impl::after_grants(const MysqlResult& r) {
  if (!r.ok() && r.fault != MysqlFault::kServer) {
    fail(r);
    return;
  }
  missing = missing_grants(seen.version, AccountRole::kMonitor, options.schema, r);
  grants_at = seen.begun_at;
  look();
}

}  // namespace probes
