// The tables of wideip in the schema of a pool.
#pragma once

#include <string>
#include <vector>

namespace probes {

// The upsert of the write probe, and the tables of the schema (database first): idempotent.
[[nodiscard]] std::string write_probe_sql(const std::string& schema, const std::string& identity);
[[nodiscard]] std::vector<std::string> create_schema_sql(const std::string& schema);

}  // namespace probes
