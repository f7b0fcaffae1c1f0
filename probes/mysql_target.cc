#include "probes/mysql_target.h"

namespace probes {

namespace {

std::optional<MysqlTls> translate(const std::optional<conf::DatabaseTls>& tls) {
  if (!tls) return std::nullopt;
  return MysqlTls{tls->ca.string(), tls->cert.string(), tls->key.string(), tls->verify};
}

}  // namespace

std::optional<MysqlTls> tls_of(const conf::Pool& pool) { return translate(pool.tls); }

std::optional<MysqlTls> tls_of(const conf::Pool& pool, const conf::Node& node) {
  return translate(node.tls ? node.tls : pool.tls);
}

MysqlTarget target_of(const conf::Pool& pool, const conf::Node& node, const conf::Account& account) {
  return {node.host, node.port, account.user, account.password, {}, false, tls_of(pool, node)};
}

}  // namespace probes
