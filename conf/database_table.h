// How databases are reached: the option tables of an account and of TLS, which pools, nodes and checkpoints share.
#pragma once

#include <optional>
#include <string_view>

#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Account>& account_table();

[[nodiscard]] const Shape& tls_shape();
// Of a mapping in that shape; cert and key go together.
void read_tls(Reading& reading, const Field& field, const Value& value, std::optional<DatabaseTls>& out);

// The row `tls` of a T that has a member of that name.
template <typename T>
Row<T> tls_row(std::string_view help, std::string_view standard) {
  return custom<T>(
      {.key = "tls", .type = Type::kMapping, .help = help, .standard_note = standard, .shape = &tls_shape()},
      [](Reading& r, const Field& f, const Value& v, T& out) { read_tls(r, f, v, out.tls); });
}

}  // namespace conf
