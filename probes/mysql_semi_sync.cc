#include "probes/mysql_semi_sync.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <optional>

#include "probes/mysql_dialect.h"

namespace probes {

namespace {

// The value of rpl_semi_sync_master_NAME or rpl_semi_sync_source_NAME.
std::optional<std::string> value_of(const MysqlResult& r, std::string_view name) {
  for (const auto& row : r.rows) {
    if (row.size() < 2 || !row[0] || !row[1]) continue;
    std::string key = *row[0];
    std::transform(key.begin(), key.end(), key.begin(), [](unsigned char c) { return std::tolower(c); });
    for (const std::string role : {"master", "source"}) {
      if (key == "rpl_semi_sync_" + role + "_" + std::string(name)) return row[1];
    }
  }
  return std::nullopt;
}

}  // namespace

std::string semi_sync_variables_sql() { return "SHOW GLOBAL VARIABLES LIKE 'rpl\\_semi\\_sync\\_%\\_enabled'"; }
std::string semi_sync_status_sql() { return "SHOW GLOBAL STATUS LIKE 'Rpl\\_semi\\_sync\\_%'"; }

SemiSyncStatus read_semi_sync(const MysqlResult& variables, const MysqlResult& status) {
  SemiSyncStatus out;
  if (!variables.ok()) return out;
  const auto enabled = value_of(variables, "enabled");
  if (!enabled || parse_switch(*enabled) != true) {
    out.state = SemiSyncState::kOff;
    return out;
  }
  const auto works = value_of(status, "status");
  if (!status.ok() || !works) return out;
  out.state = parse_switch(*works) == true ? SemiSyncState::kOn : SemiSyncState::kDegraded;
  if (const auto clients = value_of(status, "clients")) {
    (void)std::from_chars(clients->data(), clients->data() + clients->size(), out.replicas);
  }
  return out;
}

}  // namespace probes
