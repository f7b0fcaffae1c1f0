#include "probes/mysql_schema.h"

#include "probes/mysql_client.h"

namespace probes {

std::string write_probe_sql(const std::string& schema, const std::string& identity) {
  return "INSERT INTO " + quote_identifier(schema) + ".probe (server, beat) VALUES (" + quote_sql(identity) +
         ", 1) ON DUPLICATE KEY UPDATE beat = beat + 1";
}

std::vector<std::string> create_schema_sql(const std::string& schema) {
  const std::string q = quote_identifier(schema);
  return {"CREATE DATABASE IF NOT EXISTS " + q,
          "CREATE TABLE IF NOT EXISTS " + q +
              ".epoch (epoch BIGINT UNSIGNED NOT NULL PRIMARY KEY, counter BIGINT UNSIGNED NOT NULL,"
              " site VARCHAR(64) NOT NULL, server VARCHAR(64) NOT NULL, made_at DATETIME NOT NULL) ENGINE=InnoDB",
          "CREATE TABLE IF NOT EXISTS " + q +
              ".probe (server VARCHAR(64) NOT NULL PRIMARY KEY, beat BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB",
          "CREATE TABLE IF NOT EXISTS " + q +
              ".heartbeat (site VARCHAR(64) NOT NULL, epoch BIGINT UNSIGNED NOT NULL PRIMARY KEY,"
              " beat BIGINT UNSIGNED NOT NULL, every BIGINT UNSIGNED NOT NULL) ENGINE=InnoDB"};
}

}  // namespace probes
