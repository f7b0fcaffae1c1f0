// The SQL that makes a pool's accounts.
#pragma once

#include <string>
#include <vector>

#include "base/io/command_line.h"
#include "conf/sitecheck.h"

namespace sitecheck::cli {

enum class ServerKind { kMariadb, kMariadb104, kMysql8, kMysql5 };

// Statements without their final semicolons: the schema and its tables, then each account with the least privileges
// that its work needs. Run on the server itself, outside of the binary log, at each site.
[[nodiscard]] std::vector<std::string> grants(const conf::Pool& pool, ServerKind server);

// The `grants` command.
int print_grants(const io::Call& call);

// The pool of that name; null if there is none.
[[nodiscard]] const conf::Pool* find_pool(const conf::Sitecheck& conf, const std::string& name);
// "main, shop".
[[nodiscard]] std::string pool_names(const conf::Sitecheck& conf);

}  // namespace sitecheck::cli
