// The heartbeat row of a pool: one an epoch, in a table of its own beside the epochs, written by the site that writes
// and read at every node. An epoch inserts its own: a node that returns and begins with the epoch's rows finds each row
// that is changed, whatever earlier epochs it missed. Like an epoch row it is no data: in GTIDs it counts nowhere.
// Pure: text in, text out.
//
// MariaDB: it is of the epoch domain, and the server numbers it on from the epoch's own rows. MySQL: its transactions
// have a source of their own, kBeatSource, numbered from the epoch's counter on without gaps, so that each epoch is one
// interval of the set. No two epochs share a number: a lost writer that returns would skip those that it used too, and
// with them the row that the new one inserts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probes/mysql_client.h"
#include "probes/mysql_dialect.h"

namespace probes {

// Text before a heartbeat in the server's list of sessions: one that is held up is ended by a fence like a client.
inline constexpr std::string_view kBeatMark = "INSERT /* wideip heartbeat */";

struct HeartbeatRow {
  std::uint64_t epoch = 0;  // 0: the server has none
  std::int64_t at_ms = 0;   // of the writing host's steady clock
  std::int64_t every_ms = 0;
};

// A look at the schema's tables, one or both, as one statement: the columns `epoch`, the highest of the epoch table,
// and `heartbeat`, the newest row.
[[nodiscard]] std::string schema_sql(const std::string& schema, bool epoch, bool heartbeat);
// Of its column: nothing if the text is no row or its numbers are out of range (times up to 30 years).
[[nodiscard]] std::optional<HeartbeatRow> parse_heartbeat(const std::optional<std::string>& text);

// The upsert. `guarded`: for an account that bypasses read_only, it then writes nothing at a server that is closed.
[[nodiscard]] std::string write_heartbeat_sql(const std::string& schema, const std::string& site,
                                              const HeartbeatRow& row, bool guarded);

// What a server says of its GTIDs: column `held`.
[[nodiscard]] std::string beat_numbers_sql(const ServerVersion& v);
// Of that text: the epoch's rows came as this version numbers them, so the table is at every replica before a heartbeat
// comes there.
[[nodiscard]] bool may_beat(const ServerVersion& v, std::string_view held, std::uint64_t epoch);
// MySQL: the number that a heartbeat of that epoch takes next.
[[nodiscard]] std::uint64_t next_beat(std::string_view held, std::uint64_t epoch);

// The number of statement `at` (0 to 7) of an epoch row. MariaDB: by the epoch's counter, with room behind it for as
// many heartbeats as come in 34 years. MySQL: by the whole epoch.
[[nodiscard]] std::uint64_t epoch_number(const ServerVersion& v, std::uint64_t epoch, std::size_t at);
// MariaDB: the number of the first statement of the epoch to which the row or heartbeat of this number belongs.
[[nodiscard]] std::uint64_t epoch_start(std::uint64_t number);

}  // namespace probes
