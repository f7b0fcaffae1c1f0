// A database of the configuration as what the client connects to.
#pragma once

#include <optional>

#include "conf/sitecheck.h"
#include "probes/mysql_client.h"

namespace probes {

// The pool's TLS, or the node's own; nothing: in the clear.
[[nodiscard]] std::optional<MysqlTls> tls_of(const conf::Pool& pool);
[[nodiscard]] std::optional<MysqlTls> tls_of(const conf::Pool& pool, const conf::Node& node);
[[nodiscard]] MysqlTarget target_of(const conf::Pool& pool, const conf::Node& node, const conf::Account& account);

}  // namespace probes
