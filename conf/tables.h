// The option tables of the two files (style: one table per set of options).
#pragma once

#include "conf/dnsd.h"
#include "conf/sitecheck.h"
#include "conf/table.h"

namespace conf {

[[nodiscard]] const Table<Dnsd>& dnsd_table();
[[nodiscard]] const Table<Sitecheck>& sitecheck_table();

// One item of `wideips`, which are read one by one (gather.h). A faulty one is half filled.
void read_wideip(Reading& reading, const Value& item, std::vector<WideIp>& out);

// Shared by both files.
[[nodiscard]] const Table<KeyFile>& key_table();
[[nodiscard]] const Table<Log>& log_table();
// `stats: {listen: ADDRESS@PORT}` and the like.
struct Listener {
  base::SocketAddress listen;
};
[[nodiscard]] const Table<Listener>& listener_table();
// A row for such a mapping.
template <typename T, typename M>
Row<T> listener(Field field, M T::*member) {
  field.type = Type::kMapping;
  field.shape = &listener_table().shape();
  return {std::move(field), [member](Reading& r, const Field& f, const Value& v, T& out) {
            Listener one;
            if (!is_mapping(r, f, v)) return;
            const auto before = r.faults.size();
            read_fields(r, listener_table(), v, one);
            if (r.faults.size() == before) out.*member = one.listen;
          }};
}
// The row of `include:`, which conf/gather.h has followed already.
template <typename T>
Row<T> include_row() {
  return {
      Field{.key = "include",
            .type = Type::kPath,
            .help = "Globs of further files, relative to this one. They may hold any key of the top level: lists and "
                    "sites are joined, other keys may stand in one file only. A pattern without wildcard must exist.",
            .list = true},
      [](Reading&, const Field&, const Value&, T&) {}};
}

}  // namespace conf
