#include "probes/mysql_dialect.h"

#include <strings.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <map>

#include "probes/mysql_heartbeat.h"

namespace probes {

namespace {

bool same_word(std::string_view a, std::string_view b) {
  return a.size() == b.size() && strncasecmp(a.data(), b.data(), a.size()) == 0;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number out{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return out;
}

// The value of the first column of `names` that the row has: families and versions name them differently.
std::string first_of(const MysqlResult& r, std::size_t row, std::initializer_list<std::string_view> names) {
  for (const auto column : names) {
    if (auto v = r.get(column, row)) return *v;
  }
  return "";
}

// A set of MySQL without white space and without the transactions of epoch rows.
std::string without_epochs(std::string_view set) {
  std::string out;
  while (!set.empty()) {
    const auto comma = set.find(',');
    std::string part;
    for (const char c : set.substr(0, comma)) {
      if (c != '\n' && c != ' ') part += c;
    }
    set.remove_prefix(comma == std::string_view::npos ? set.size() : comma + 1);
    const auto source = std::string_view(part).substr(0, kEpochSource.size());
    if (part.empty() || same_word(source, kEpochSource) || same_word(source, kBeatSource)) continue;
    out += (out.empty() ? "" : ",") + part;
  }
  return out;
}

// 8.0.22 renamed the statements and the columns; 8.4 removed the old names.
bool says_replica(const ServerVersion& v) { return !v.mariadb() && v.at_least(8, 0, 22); }

}  // namespace

ServerVersion ServerVersion::parse(std::string_view text) {
  ServerVersion v;
  const bool mariadb = text.find("MariaDB") != std::string_view::npos;
  if (mariadb && text.starts_with("5.5.5-")) text.remove_prefix(6);
  v.flavour = mariadb ? Flavour::kMariadb : Flavour::kMysql;
  const std::array<int*, 3> parts = {&v.major, &v.minor, &v.patch};
  const char* at = text.data();
  const char* end = at + text.size();
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const auto [next, error] = std::from_chars(at, end, *parts[i]);
    if (error != std::errc{}) return ServerVersion{};
    at = next;
    if (at == end || *at != '.') break;
    ++at;
  }
  return v;
}

bool ServerVersion::at_least(int a, int b, int c) const {
  if (major != a) return major > a;
  if (minor != b) return minor > b;
  return patch >= c;
}

std::optional<bool> parse_switch(std::string_view text) {
  if (text == "0" || same_word(text, "OFF")) return false;
  if (text == "1" || same_word(text, "ON")) return true;
  if (same_word(text, "NO_LOCK") || same_word(text, "NO_LOCK_NO_ADMIN")) return true;
  return std::nullopt;
}

std::string state_sql(const ServerVersion& v) {
  if (v.mariadb()) {
    return "SELECT @@global.read_only AS read_only, @@global.gtid_binlog_state AS applied,"
           " @@global.gtid_slave_pos AS replicated, @@global.server_id AS identity";
  }
  std::string sql = "SELECT @@global.read_only AS read_only, @@global.gtid_executed AS applied,";
  if (v.has_super_read_only()) sql += " @@global.super_read_only AS super_read_only,";
  return sql + " @@global.server_uuid AS identity";
}

ServerState read_state(const ServerVersion& v, const MysqlResult& r) {
  ServerState out;
  if (const auto text = r.get("read_only")) out.read_only = parse_switch(*text);
  if (const auto text = r.get("super_read_only")) out.super_read_only = parse_switch(*text);
  if (out.super_read_only.value_or(false)) out.read_only = true;
  out.identity = r.get("identity").value_or("");
  const std::string applied = r.get("applied").value_or("");
  if (v.mariadb()) {
    // gtid_binlog_state tells every domain and server; a server cloned from a backup has its past in gtid_slave_pos.
    out.position = merge_positions(applied, r.get("replicated").value_or(""), kEpochDomain);
  } else {
    out.position = without_epochs(applied);
  }
  return out;
}

std::string replica_sql(const ServerVersion& v) {
  if (v.mariadb()) return "SHOW ALL SLAVES STATUS";
  return says_replica(v) ? "SHOW REPLICA STATUS" : "SHOW SLAVE STATUS";
}

std::vector<ReplicaStatus> read_replica(const ServerVersion& v, const MysqlResult& r) {
  std::vector<ReplicaStatus> out;
  for (std::size_t i = 0; i < r.rows.size(); ++i) {
    const auto text = [&](std::initializer_list<std::string_view> names) { return first_of(r, i, names); };
    ReplicaStatus s;
    s.channel = text({"Connection_name", "Channel_Name"});
    s.source_host = text({"Master_Host", "Source_Host"});
    s.source_port = number<std::uint16_t>(text({"Master_Port", "Source_Port"})).value_or(0);
    s.io = text({"Slave_IO_Running", "Replica_IO_Running"});
    s.sql = text({"Slave_SQL_Running", "Replica_SQL_Running"});
    if (s.io == "Preparing") s.io = "Connecting";  // MariaDB: the thread starts
    s.io_errno = number<unsigned>(text({"Last_IO_Errno"})).value_or(0);
    s.sql_errno = number<unsigned>(text({"Last_SQL_Errno"})).value_or(0);
    s.io_error = text({"Last_IO_Error"});
    s.sql_error = text({"Last_SQL_Error"});
    s.lag_s = number<std::int64_t>(text({"Seconds_Behind_Master", "Seconds_Behind_Source"}));
    if (v.mariadb()) {
      s.uses_gtid = !same_word(text({"Using_Gtid"}), "No");
      s.received = s.uses_gtid ? text({"Gtid_IO_Pos"}) : "";
    } else {
      s.uses_gtid = text({"Auto_Position"}) == "1";
      s.received = text({"Retrieved_Gtid_Set"});
    }
    s.idle = text({"Slave_SQL_Running_State", "Replica_SQL_Running_State", "Slave_SQL_State"})
                 .find("has read all relay log") != std::string::npos;
    s.relay_file = text({"Relay_Log_File"});
    s.relay_pos = number<std::uint64_t>(text({"Relay_Log_Pos"})).value_or(0);
    s.applied = text({"Gtid_Slave_Pos"});
    s.drained =
        text({"Master_Log_File", "Source_Log_File"}) == text({"Relay_Master_Log_File", "Relay_Source_Log_File"}) &&
        text({"Read_Master_Log_Pos", "Read_Source_Log_Pos"}) == text({"Exec_Master_Log_Pos", "Exec_Source_Log_Pos"});
    out.push_back(std::move(s));
  }
  return out;
}

std::optional<std::size_t> own_connection(const std::vector<ReplicaStatus>& all, const std::string& host,
                                          std::uint16_t port) {
  std::optional<std::size_t> unnamed;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].source_host == host && all[i].source_port == port) return i;
    if (all[i].channel.empty() && !unnamed) unnamed = i;
  }
  if (unnamed) return unnamed;
  return all.empty() ? std::nullopt : std::optional<std::size_t>(0);
}

std::string foreign_fault(const ReplicaStatus& status) {
  if (status.io == "Yes" && status.sql == "Yes") return "";
  constexpr std::size_t kShown = 200;
  const std::string& error = status.sql_errno != 0 ? status.sql_error : status.io_error;
  return "the replication connection \"" + status.channel.substr(0, kShown) + "\" from " +
         status.source_host.substr(0, kShown) + ":" + std::to_string(status.source_port) +
         ", which is not the pool's, does not run (IO " + status.io + ", SQL " + status.sql + ")" +
         (error.empty() ? "" : ": " + error.substr(0, kShown));
}

std::vector<std::string> close_sql(const ServerVersion& v) {
  if (v.has_super_read_only()) return {"SET GLOBAL super_read_only=1"};  // sets read_only too
  return {"SET GLOBAL read_only=1"};
}

std::vector<std::string> open_super_sql(const ServerVersion& v) {
  if (v.has_super_read_only()) return {"SET GLOBAL super_read_only=0"};
  return {};
}

std::vector<std::string> open_writes_sql(const ServerVersion&) { return {"SET GLOBAL read_only=0"}; }

std::string sessions_sql() {
  return "SELECT ID AS id, USER AS user, COMMAND AS command, INFO LIKE " + quote_sql(std::string(kBeatMark) + "%") +
         " AS beat, (SELECT COUNT(*) FROM information_schema.INNODB_CMP) AS all_are_seen FROM "
         "information_schema.PROCESSLIST";
}

bool sees_all_sessions(const MysqlResult& sessions) {
  return sessions.ok() && sessions.get("all_are_seen").value_or("0") != "0";
}

bool is_client_session(std::string_view user, std::string_view command, const std::vector<std::string>& spared_users) {
  // "Killed" is rolling back: with read_only set it can commit nothing any more.
  // One that has not said who it is has no transaction, and finds the server read-only; it may be one of ours.
  if (user == kNotLoggedIn) return false;
  if (user == "system user" || user == "event_scheduler" || command == "Daemon" || command == "Killed") return false;
  if (command.starts_with("Binlog Dump") || command.starts_with("Slave_")) return false;
  for (const auto& spared : spared_users) {
    if (user == spared) return false;
  }
  return true;
}

std::vector<std::string> kill_sql(const ServerVersion& v, const std::vector<Session>& sessions) {
  constexpr std::size_t kMany = 4;
  std::map<std::string, std::size_t> of_user;
  for (const auto& s : sessions) ++of_user[s.user];
  std::vector<std::string> out;
  for (const auto& s : sessions) {
    if (s.user.empty()) out.push_back("KILL CONNECTION " + s.id);
  }
  if (v.mariadb()) {
    for (const auto& [user, count] : of_user) {
      if (!user.empty() && count >= kMany) out.push_back("KILL CONNECTION USER " + quote_sql(user));
    }
  }
  for (const auto& s : sessions) {
    if (s.user.empty()) continue;
    if (!v.mariadb() || of_user[s.user] < kMany) out.push_back("KILL CONNECTION " + s.id);
  }
  return out;
}

std::string stop_io_sql(const ServerVersion& v) {
  return says_replica(v) ? "STOP REPLICA IO_THREAD"
         : v.mariadb()   ? "STOP ALL SLAVES IO_THREAD"
                         : "STOP SLAVE IO_THREAD";
}
std::string stop_sql_sql(const ServerVersion& v) {
  return says_replica(v) ? "STOP REPLICA SQL_THREAD" : "STOP SLAVE SQL_THREAD";
}
std::string start_sql_sql(const ServerVersion& v) {
  return says_replica(v) ? "START REPLICA SQL_THREAD" : "START SLAVE SQL_THREAD";
}
std::string stop_replica_sql(const ServerVersion& v) {
  return says_replica(v) ? "STOP REPLICA" : v.mariadb() ? "STOP ALL SLAVES" : "STOP SLAVE";
}
std::string start_replica_sql(const ServerVersion& v) {
  return says_replica(v) ? "START REPLICA" : v.mariadb() ? "START ALL SLAVES" : "START SLAVE";
}

std::string wait_applied_sql(const ServerVersion& v, const std::string& received, double seconds) {
  std::array<char, 32> limit{};
  std::snprintf(limit.data(), limit.size(), "%.3f", seconds < 0.001 ? 0.001 : seconds);
  const bool whole_seconds = !v.mariadb() && !v.at_least(5, 7, 5);  // and 0 waits for ever
  const std::string arguments = "(" + quote_sql(received) + ", " + (whole_seconds ? "1" : limit.data()) + ") AS done";
  if (v.mariadb()) return "SELECT MASTER_GTID_WAIT" + arguments;
  if (v.at_least(5, 7, 5)) return "SELECT WAIT_FOR_EXECUTED_GTID_SET" + arguments;
  return "SELECT WAIT_UNTIL_SQL_THREAD_AFTER_GTIDS" + arguments;
}

// 0 once applied, but for MySQL 5.6, which tells how many transactions it waited for, and -1 if time ran out.
bool was_applied(const ServerVersion& v, const MysqlResult& r) {
  const auto done = number<std::int64_t>(r.get("done").value_or(""));
  if (!r.ok() || !done) return false;
  return v.mariadb() || v.at_least(5, 7, 5) ? *done == 0 : *done >= 0;
}

std::string change_source_sql(const ServerVersion& v, const Source& source) {
  const std::string host = quote_sql(source.host);
  const std::string port = std::to_string(source.port);
  const std::string user = quote_sql(source.user);
  const std::string password = quote_sql(source.password);
  if (says_replica(v) && v.at_least(8, 0, 23)) {
    return "CHANGE REPLICATION SOURCE TO SOURCE_HOST=" + host + ", SOURCE_PORT=" + port + ", SOURCE_USER=" + user +
           ", SOURCE_PASSWORD=" + password +
           ", SOURCE_AUTO_POSITION=1, SOURCE_CONNECT_RETRY=1, SOURCE_HEARTBEAT_PERIOD=0.5, GET_SOURCE_PUBLIC_KEY=1" +
           (source.tls ? ", SOURCE_SSL=1" : "");
  }
  return "CHANGE MASTER TO MASTER_HOST=" + host + ", MASTER_PORT=" + port + ", MASTER_USER=" + user +
         ", MASTER_PASSWORD=" + password + (v.mariadb() ? ", MASTER_USE_GTID=slave_pos" : ", MASTER_AUTO_POSITION=1") +
         ", MASTER_CONNECT_RETRY=1, MASTER_HEARTBEAT_PERIOD=0.5" + (source.tls ? ", MASTER_SSL=1" : "");
}

}  // namespace probes
