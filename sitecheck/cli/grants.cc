#include "sitecheck/cli/grants.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <ostream>

#include "conf/check.h"
#include "conf/load.h"
#include "probes/mysql_client.h"
#include "probes/mysql_privileges.h"
#include "probes/mysql_schema.h"
#include "sitecheck/cli/missing_grants.h"

namespace sitecheck::cli {

namespace {

using probes::AccountRole;
using probes::join;
using probes::ServerVersion;

// A version whose privileges stand for those of its kind.
ServerVersion version_of(ServerKind server) {
  switch (server) {
    case ServerKind::kMariadb: return {probes::Flavour::kMariadb, 10, 11, 0};
    case ServerKind::kMariadb104: return {probes::Flavour::kMariadb, 10, 4, 0};
    case ServerKind::kMysql8: return {probes::Flavour::kMysql, 8, 4, 0};
    case ServerKind::kMysql5: return {probes::Flavour::kMysql, 5, 7, 0};
  }
  return {};
}

std::string account_name(const conf::Account& account) { return probes::quote_sql(account.user) + "@'%'"; }

// MySQL 5.6 knows no IF NOT EXISTS for users.
std::string create_user(const conf::Account& account, ServerKind server) {
  const std::string if_missing = server == ServerKind::kMysql5 ? "" : "IF NOT EXISTS ";
  return "CREATE USER " + if_missing + account_name(account) + " IDENTIFIED BY " + probes::quote_sql(account.password);
}

// The account by which peers and name servers test the service address. It needs no right, and may have no password:
// the number of its connections is bounded, so that it cannot use up those of others.
std::vector<std::string> service_account(const conf::Account& account, ServerKind server) {
  const std::string name = account_name(account);
  const std::string password = account.password.empty() ? "" : " IDENTIFIED BY " + probes::quote_sql(account.password);
  const std::string bound = " WITH MAX_USER_CONNECTIONS 20";
  if (server == ServerKind::kMysql5) return {"CREATE USER " + name + password, "GRANT USAGE ON *.* TO " + name + bound};
  return {"CREATE USER IF NOT EXISTS " + name + password + bound};
}

int print(const io::Call& call, const conf::Pool& pool, ServerKind server) {
  const auto statements = grants(pool, server);
  if (call.json) {
    const nlohmann::ordered_json json{{"pool", pool.name}, {"statements", statements}};
    call.out << json.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) << "\n";
    return 0;
  }
  const bool galera = pool.kind == "multi_writer" && pool.galera.wsrep;
  call.out << "-- pool " << pool.name
           << (galera ? ": run at one node, the cluster replicates it\n"
                      : ": run at each site, after SET SESSION sql_log_bin = 0\n");
  for (const auto& statement : statements) call.out << statement << ";\n";
  return 0;
}

}  // namespace

std::vector<std::string> grants(const conf::Pool& pool, ServerKind server) {
  const auto version = version_of(server);
  const std::string schema = probes::quote_identifier(pool.schema) + ".*";
  std::vector<std::string> out = probes::create_schema_sql(pool.schema);
  for (const auto* account : {&pool.monitor, &pool.admin, &pool.replication}) {
    if (!account->user.empty()) out.push_back(create_user(*account, server));
  }
  const auto grant = [&](AccountRole role, const conf::Account& account) {
    if (account.user.empty()) return;  // a pool whose nodes are watched only has no admin
    const auto needed = probes::privileges(version, role);
    out.push_back("GRANT " + join(needed.global) + " ON *.* TO " + account_name(account));
    if (needed.on_schema.empty()) return;
    out.push_back("GRANT " + join(needed.on_schema) + " ON " + schema + " TO " + account_name(account));
  };
  grant(AccountRole::kMonitor, pool.monitor);
  grant(AccountRole::kAdmin, pool.admin);
  grant(AccountRole::kReplication, pool.replication);
  if (pool.service) {
    const bool named = !pool.service_test.user.empty();
    for (auto& each : service_account(named ? pool.service_test : conf::Account{conf::kServiceUser, ""}, server)) {
      out.push_back(std::move(each));
    }
  }
  return out;
}

const conf::Pool* find_pool(const conf::Sitecheck& conf, const std::string& name) {
  const auto pool =
      std::find_if(conf.pools.begin(), conf.pools.end(), [&](const conf::Pool& p) { return p.name == name; });
  return pool == conf.pools.end() ? nullptr : &*pool;
}

std::string pool_names(const conf::Sitecheck& conf) {
  std::string out;
  for (const auto& pool : conf.pools) out += (out.empty() ? "" : ", ") + pool.name;
  return out;
}

int print_grants(const io::Call& call) {
  const auto loaded = conf::load_sitecheck(call.config);
  if (!loaded.ok()) {
    conf::print_faults(loaded.faults, call.err);
    return 2;
  }
  const std::string& name = call.values.at("POOL");
  const conf::Pool* pool = find_pool(loaded.value, name);
  if (pool == nullptr) {
    call.err << "sitecheck: no pool \"" << name << "\"; there are: " << pool_names(loaded.value) << "\n";
    return 2;
  }
  if (call.switches.at("missing")) return print_missing_grants(call, *pool);
  const std::string& server = call.values.at("server");
  return print(call, *pool,
               server == "mysql8"        ? ServerKind::kMysql8
               : server == "mysql5"      ? ServerKind::kMysql5
               : server == "mariadb10.4" ? ServerKind::kMariadb104
                                         : ServerKind::kMariadb);
}

}  // namespace sitecheck::cli
