#include "probes/mysql_shape.h"

#include <strings.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <vector>

namespace probes {

namespace {

// What a server sends is shown, but never more of it than a line takes.
constexpr std::size_t kShown = 40;

std::string shown(std::string_view text) {
  std::string out = "\"";
  for (const char c : text.substr(0, kShown)) out += c >= ' ' && c < '\x7f' ? c : '?';
  return out + (text.size() > kShown ? "…\" (" + std::to_string(text.size()) + " bytes)" : "\"");
}

bool has_column(const MysqlResult& r, std::string_view name) {
  return std::any_of(r.columns.begin(), r.columns.end(), [&](const std::string& c) {
    return c.size() == name.size() && strncasecmp(c.data(), name.data(), name.size()) == 0;
  });
}

bool is_number(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  return error == std::errc{} && end == text.data() + text.size();
}
bool is_port(std::string_view text) { return is_number(text) && text.size() <= 5; }
bool is_switch(std::string_view text) { return parse_switch(text).has_value(); }
bool is_short(std::string_view text) { return !text.empty() && text.size() <= 64; }
bool is_host(std::string_view text) { return text.size() <= 255; }
// What both families write a position with: numbers, uuids, tags of MySQL 8.3 and later.
bool is_position(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == ':' ||
           c == ',' || c == '_' || c == ' ' || c == '\n';
  });
}
bool is_thread(std::string_view text) {
  return text == "Yes" || text == "No" || text == "Connecting" || text == "Preparing";
}

struct Column {
  std::string_view name;
  std::string_view wanted;  // for people
  bool (*fits)(std::string_view);
  bool may_be_null = false;
};

std::string fault_in(const MysqlResult& r, std::size_t row, const std::vector<Column>& columns,
                     const std::string& statement) {
  const std::string in = " in the answer to \"" + statement + "\"";
  for (const auto& c : columns) {
    const std::string named = "column \"" + std::string(c.name) + "\"";
    if (!has_column(r, c.name)) return named + " is missing" + in;
    const auto value = r.get(c.name, row);
    if (!value && !c.may_be_null) return named + " is NULL" + in;
    if (value && !c.fits(*value)) {
      return named + " holds " + shown(*value) + ", not " + std::string(c.wanted) + "," + in;
    }
  }
  return "";
}

}  // namespace

std::string state_fault(const ServerVersion& v, const MysqlResult& r) {
  std::vector<Column> columns = {{"read_only", "0 or 1", is_switch}, {"applied", "transactions", is_position}};
  if (v.mariadb()) columns.push_back({"replicated", "transactions", is_position});
  if (v.has_super_read_only()) columns.push_back({"super_read_only", "0 or 1", is_switch});
  columns.push_back({"identity", "a server's id", is_short});
  const std::string statement = v.mariadb() ? "SELECT @@global.read_only, @@global.gtid_binlog_state"
                                            : "SELECT @@global.read_only, @@global.gtid_executed";
  if (r.rows.size() != 1) return std::to_string(r.rows.size()) + " rows in the answer to \"" + statement + "\", not 1";
  return fault_in(r, 0, columns, statement);
}

std::string replica_fault(const ServerVersion& v, const MysqlResult& r) {
  const std::string statement = replica_sql(v);
  const bool now = statement == "SHOW REPLICA STATUS";
  const std::vector<Column> columns = {
      {now ? "Source_Host" : "Master_Host", "a host", is_host},
      {now ? "Source_Port" : "Master_Port", "a port", is_port},
      {now ? "Replica_IO_Running" : "Slave_IO_Running", "Yes, No or Connecting", is_thread},
      {now ? "Replica_SQL_Running" : "Slave_SQL_Running", "Yes or No", is_thread},
      {"Last_IO_Errno", "a number", is_number},
      {"Last_SQL_Errno", "a number", is_number},
      {now ? "Seconds_Behind_Source" : "Seconds_Behind_Master", "a number or NULL", is_number, true},
      {v.mariadb() ? "Gtid_IO_Pos" : "Retrieved_Gtid_Set", "transactions", is_position, true},
  };
  for (std::size_t row = 0; row < r.rows.size(); ++row) {
    if (auto fault = fault_in(r, row, columns, statement); !fault.empty()) return fault;
  }
  return "";
}

std::string epoch_fault(const MysqlResult& r) {
  const std::string statement = "SELECT MAX(epoch)";
  if (r.rows.size() != 1) return std::to_string(r.rows.size()) + " rows in the answer to \"" + statement + "\", not 1";
  return fault_in(r, 0, {{"epoch", "a number or NULL", is_number, true}}, statement);
}

}  // namespace probes
