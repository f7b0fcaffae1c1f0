// The option tables of HTTP ports: stats with its REST API, reports, and clients of https.
#pragma once

#include "conf/stats.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Stats>& stats_table();
[[nodiscard]] const Table<EcvPort>& ecv_port_table();
[[nodiscard]] const Table<ClientTls>& client_tls_table();
// What no single row can see.
void check_stats(Reading& reading, const Stats& stats);

// The row of `stats:`.
template <typename T>
Row<T> stats_row(std::string_view help, std::optional<Stats> T::*member) {
  return {Field{.key = "stats", .type = Type::kMapping, .help = help, .shape = &stats_table().shape()},
          [member](Reading& r, const Field& f, const Value& v, T& out) {
            if (!is_mapping(r, f, v)) return;
            const auto before = r.faults.size();
            Stats stats;
            read_fields(r, stats_table(), v, stats);
            if (r.faults.size() == before) out.*member = std::move(stats);
          }};
}

}  // namespace conf
