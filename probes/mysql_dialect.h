// What the server families say differently: statements and the reading of their results, by the server's own version.
// MariaDB 10 and 11, MySQL 5.6 to 8.4. Pure: text in, text out.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "probes/mysql_client.h"

namespace probes {

enum class Flavour : std::uint8_t { kMariadb, kMysql };

struct ServerVersion {
  Flavour flavour = Flavour::kMariadb;
  int major = 0;
  int minor = 0;
  int patch = 0;

  // From the handshake: "10.11.6-MariaDB-log", also with the "5.5.5-" that MariaDB puts before it; "8.0.36".
  // Text that is neither reads as MariaDB 0.0.0.
  [[nodiscard]] static ServerVersion parse(std::string_view text);
  [[nodiscard]] bool at_least(int a, int b, int c = 0) const;
  [[nodiscard]] bool mariadb() const { return flavour == Flavour::kMariadb; }
  // super_read_only binds accounts that bypass read_only: MySQL 5.7 and later; MariaDB has none.
  [[nodiscard]] bool has_super_read_only() const { return !mariadb() && at_least(5, 7, 8); }
  bool operator==(const ServerVersion&) const = default;
};

// 0/1/ON/OFF, and NO_LOCK / NO_LOCK_NO_ADMIN of newer MariaDB (both read-only). Nothing for other text.
[[nodiscard]] std::optional<bool> parse_switch(std::string_view text);

// The MariaDB GTID domain of epoch rows ("wide" in ASCII): its transactions are no data and are left out of positions.
inline constexpr std::uint32_t kEpochDomain = 0x77696465;
// MySQL: the source uuid of their GTIDs, to the same end.
inline constexpr std::string_view kEpochSource = "77696465-6970-4000-8000-000000000000";
// And that of heartbeats (mysql_heartbeat.h); MariaDB has them in the epoch domain.
inline constexpr std::string_view kBeatSource = "77696465-6970-4000-8000-626561740000";

// What a server says of itself.
struct ServerState {
  std::optional<bool> read_only;        // read_only or super_read_only
  std::optional<bool> super_read_only;  // nothing where the server has none
  std::string position;  // transactions it holds: MariaDB "domain-server-seq,…" of every pair, MySQL gtid_executed
  std::string identity;  // server_id or server_uuid
};
// Plain variables, never beside an aggregate: MariaDB 10.11 then answers 0 for read_only whatever it is.
[[nodiscard]] std::string state_sql(const ServerVersion& v);
[[nodiscard]] ServerState read_state(const ServerVersion& v, const MysqlResult& r);

// One replication connection.
struct ReplicaStatus {
  std::string channel;
  std::string source_host;
  std::uint16_t source_port = 0;
  std::string io;   // "Yes", "No", "Connecting"
  std::string sql;  // "Yes", "No"
  unsigned io_errno = 0;
  unsigned sql_errno = 0;
  std::string io_error;
  std::string sql_error;
  std::optional<std::int64_t> lag_s;  // nothing while the source is not connected
  std::string received;               // GTID position of what the relay log holds; "" where the server does not tell
  bool uses_gtid = false;
  bool drained = false;    // by file and offset, everything received was applied
  bool idle = false;       // the SQL thread says that it waits at the end of the relay log
  std::string relay_file;  // where the SQL thread stands in the relay log
  std::uint64_t relay_pos = 0;
  std::string applied;  // MariaDB: gtid_slave_pos
};
[[nodiscard]] std::string replica_sql(const ServerVersion& v);
// Empty: not configured as a replica.
[[nodiscard]] std::vector<ReplicaStatus> read_replica(const ServerVersion& v, const MysqlResult& r);

// Of several connections (MariaDB, and MySQL 5.7 and later, may have many) the pool's own: the one from that address,
// else the unnamed one, else the first. Nothing if there is none.
[[nodiscard]] std::optional<std::size_t> own_connection(const std::vector<ReplicaStatus>& all, const std::string& host,
                                                        std::uint16_t port);
// "" if it runs, else what a person should know: its name, its source and its error.
[[nodiscard]] std::string foreign_fault(const ReplicaStatus& status);

// MariaDB positions: the entries of both, the higher sequence number where they name the same domain and server,
// without those of `dropped_domain`. Text that is no GTID is left out.
[[nodiscard]] std::string merge_positions(std::string_view a, std::string_view b, std::uint32_t dropped_domain);

// Opening and closing; each list runs in order, on an account that may.
[[nodiscard]] std::vector<std::string> close_sql(const ServerVersion& v);
[[nodiscard]] std::vector<std::string> open_super_sql(const ServerVersion& v);
[[nodiscard]] std::vector<std::string> open_writes_sql(const ServerVersion& v);

// Client sessions: columns id, user, command, and beat (1 for one that writes a heartbeat). Replication's own threads
// and those that are already being killed are left out by is_client_session().
[[nodiscard]] std::string sessions_sql();
// False if they may be those of the asking account alone, for it lacks PROCESS: a list that proves nothing. INNODB_CMP,
// with a row for each page size, is refused then (1227), or shows none. A server looks at what was granted when a
// session logs in, so it may be another in the next.
[[nodiscard]] bool sees_all_sessions(const MysqlResult& sessions);
[[nodiscard]] bool is_client_session(std::string_view user, std::string_view command,
                                     const std::vector<std::string>& spared_users);

// The user of a session that is still logging in.
inline constexpr std::string_view kNotLoggedIn = "unauthenticated user";

struct Session {
  std::string id;
  std::string user;  // "": by its id only
};
// Ends them, those without a name first: what is held up by one of the others must not go on when that one ends.
// MariaDB ends all of one account by one statement, where one at a time would take longer than a fence may; so no
// account of ours may be among `sessions` by name.
[[nodiscard]] std::vector<std::string> kill_sql(const ServerVersion& v, const std::vector<Session>& sessions);

// Replication threads.
[[nodiscard]] std::string stop_io_sql(const ServerVersion& v);
[[nodiscard]] std::string stop_sql_sql(const ServerVersion& v);
[[nodiscard]] std::string start_sql_sql(const ServerVersion& v);
[[nodiscard]] std::string stop_replica_sql(const ServerVersion& v);
[[nodiscard]] std::string start_replica_sql(const ServerVersion& v);
// Waits on the server until `received` is applied or `seconds` have passed.
[[nodiscard]] std::string wait_applied_sql(const ServerVersion& v, const std::string& received, double seconds);
// Of its result: true once applied.
[[nodiscard]] bool was_applied(const ServerVersion& v, const MysqlResult& r);

struct Source {
  std::string host;
  std::uint16_t port = 3306;
  std::string user;
  std::string password;
  bool tls = false;  // the server encrypts the connection to it, by the certificates that it was given itself
};
// Points the server at `source` by GTID (replication stopped). MariaDB: by gtid_slave_pos, see rejoin.h.
[[nodiscard]] std::string change_source_sql(const ServerVersion& v, const Source& source);

}  // namespace probes
