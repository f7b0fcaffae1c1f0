#include "probes/mysql_privileges.h"

#include <algorithm>
#include <cctype>
#include <set>

namespace probes {

namespace {

using Words = std::set<std::string, std::less<>>;

std::string upper(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), [](unsigned char c) { return std::toupper(c); });
  return out;
}

std::string_view trim(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

// One word for what servers spell in two ways.
std::string canonical(const ServerVersion& v, std::string_view privilege) {
  std::string word = upper(trim(privilege));
  if (word == "ALL") return "ALL PRIVILEGES";
  if (word == "REPLICA MONITOR") return "SLAVE MONITOR";
  if (word == "REPLICATION REPLICA") return "REPLICATION SLAVE";
  if (word == "REPLICATION REPLICA ADMIN") return "REPLICATION SLAVE ADMIN";
  if (word == "BINLOG MONITOR" && v.mariadb()) return "REPLICATION CLIENT";
  return word;
}

// SUPER holds them too: MySQL 8 still, MariaDB until 11.0 (READ_ONLY ADMIN until 10.11).
bool super_implies(const ServerVersion& v, std::string_view privilege) {
  static const Words kMysql = {"SYSTEM_VARIABLES_ADMIN", "SESSION_VARIABLES_ADMIN", "CONNECTION_ADMIN",
                               "REPLICATION_SLAVE_ADMIN"};
  static const Words kMariadb = {"BINLOG ADMIN", "BINLOG REPLAY", "CONNECTION ADMIN", "REPLICATION SLAVE ADMIN"};
  if (!v.mariadb()) return kMysql.count(privilege) > 0;
  if (privilege == "READ_ONLY ADMIN") return !v.at_least(10, 11);
  return !v.at_least(11, 0) && kMariadb.count(privilege) > 0;
}

// A name with MySQL's wildcards: % any text, _ any character, \ takes their meaning away.
bool like(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::size_t after_any = std::string_view::npos;  // behind the last %, which took the name up to `taken`
  std::size_t taken = 0;
  while (n < name.size()) {
    const bool escaped = p + 1 < pattern.size() && pattern[p] == '\\';
    if (p < pattern.size() && pattern[p] == '%') {
      after_any = ++p;
      taken = n;
    } else if (p < pattern.size() &&
               (escaped ? pattern[p + 1] == name[n] : pattern[p] == '_' || pattern[p] == name[n])) {
      p += escaped ? 2 : 1;
      ++n;
    } else if (after_any != std::string_view::npos) {
      p = after_any;
      n = ++taken;
    } else {
      return false;
    }
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}

struct Held {
  Words global;
  Words on_schema;
  std::string account;  // as the server writes it
  bool roles = false;
};

// Of "`schema`.*" or "`schema`.`table`" the schema.
std::string schema_of(std::string_view object) {
  if (!object.starts_with('`')) return std::string(object.substr(0, object.find('.')));
  std::string out;
  for (std::size_t i = 1; i < object.size(); ++i) {
    if (object[i] == '`' && !object.substr(i).starts_with("``")) break;
    if (object[i] == '`') ++i;
    out += object[i];
  }
  return out;
}

void take_words(const ServerVersion& v, std::string_view list, Words& into) {
  int depth = 0;  // within the columns of "SELECT (a, b)"
  std::string word;
  for (const char c : std::string(list) + ",") {
    depth += c == '(' ? 1 : c == ')' ? -1 : 0;
    if (c != ',' || depth > 0) {
      word += c;
      continue;
    }
    into.insert(canonical(v, word));
    word.clear();
  }
}

void take_line(const ServerVersion& v, std::string_view line, const std::string& schema, Held& held) {
  if (!line.starts_with("GRANT ")) return;
  line.remove_prefix(6);
  const auto on = line.find(" ON ");
  const auto to = line.find(" TO ", on == std::string_view::npos ? 0 : on);
  if (to == std::string_view::npos) return;
  if (on == std::string_view::npos) {
    held.roles = true;
    return;
  }
  const auto object = trim(line.substr(on + 4, to - on - 4));
  std::string_view account = line.substr(to + 4);
  for (const std::string_view end : {" IDENTIFIED ", " REQUIRE ", " WITH "})
    account = account.substr(0, account.find(end));
  if (held.account.empty()) held.account = trim(account);
  if (object == "*.*") take_words(v, line.substr(0, on), held.global);
  constexpr std::size_t kLongestPattern = 256;
  const auto pattern = schema_of(object);
  if (object == "*.*" || (pattern.size() <= kLongestPattern && like(pattern, schema))) {
    take_words(v, line.substr(0, on), held.on_schema);
  }
}

bool has(const ServerVersion& v, const Words& held, const std::string& privilege) {
  const std::string word = canonical(v, privilege);
  return held.count(word) > 0 || held.count("ALL PRIVILEGES") > 0 ||
         (held.count("SUPER") > 0 && super_implies(v, word));
}

std::vector<std::string> lacking(const ServerVersion& v, const Words& held, const std::vector<std::string>& needed) {
  std::vector<std::string> out;
  std::copy_if(needed.begin(), needed.end(), std::back_inserter(out), [&](const auto& p) { return !has(v, held, p); });
  return out;
}

// By which an account writes to a server that is read_only.
std::vector<std::string> bypasses(const ServerVersion& v, const Words& held) {
  std::vector<std::string> out;
  std::vector<std::string> candidates = {"SUPER"};
  if (v.mariadb() && v.at_least(10, 11)) candidates.clear();
  if (has_fine_privileges(v)) candidates.emplace_back(v.mariadb() ? "READ_ONLY ADMIN" : "CONNECTION_ADMIN");
  for (const auto& p : candidates) {
    if (held.count(p) > 0 || held.count("ALL PRIVILEGES") > 0) out.push_back(p);
  }
  return out;
}

}  // namespace

bool has_fine_privileges(const ServerVersion& v) { return v.mariadb() ? v.at_least(10, 5) : v.at_least(8, 0); }

std::string_view name(AccountRole role) {
  switch (role) {
    case AccountRole::kMonitor: return "monitor";
    case AccountRole::kAdmin: return "admin";
    case AccountRole::kReplication: return "replication";
  }
  return "monitor";
}

Privileges privileges(const ServerVersion& v, AccountRole role) {
  const std::vector<std::string> rows = {"SELECT", "INSERT", "UPDATE"};
  const bool fine = has_fine_privileges(v);
  switch (role) {
    case AccountRole::kMonitor:
      if (!fine) return {{"REPLICATION CLIENT"}, rows};
      if (v.mariadb()) return {{"REPLICA MONITOR", "BINLOG ADMIN", "BINLOG REPLAY"}, rows};
      return {{"REPLICATION CLIENT", "SESSION_VARIABLES_ADMIN"}, rows};
    case AccountRole::kAdmin: {
      const std::vector<std::string> tables = {"SELECT", "INSERT", "UPDATE", "CREATE"};
      if (!fine) return {{"SUPER", "PROCESS", "REPLICATION CLIENT"}, tables};
      if (v.mariadb()) {
        return {{"READ_ONLY ADMIN", "CONNECTION ADMIN", "PROCESS", "REPLICATION SLAVE ADMIN", "REPLICA MONITOR",
                 "BINLOG ADMIN", "BINLOG REPLAY"},
                tables};
      }
      std::vector<std::string> all = {"SYSTEM_VARIABLES_ADMIN", "CONNECTION_ADMIN", "PROCESS",
                                      "REPLICATION_SLAVE_ADMIN", "REPLICATION CLIENT"};
      if (v.at_least(8, 0, 16)) all.emplace_back("SYSTEM_USER");
      return {all, tables};
    }
    case AccountRole::kReplication: return {{"REPLICATION SLAVE"}, {}};
  }
  return {};
}

std::string grants_sql() { return "SHOW GRANTS"; }

std::vector<std::string> missing_grants(const ServerVersion& v, AccountRole role, const std::string& schema,
                                        const MysqlResult& grants) {
  Held held;
  for (const auto& row : grants.rows) {
    if (!row.empty() && row[0]) take_line(v, *row[0], schema, held);
  }
  std::vector<std::string> out;
  if (!grants.ok() || held.account.empty()) return out;
  const Privileges needed = privileges(v, role);
  const auto to = [&](const std::vector<std::string>& words, const std::string& object) {
    out.push_back("GRANT " + join(words) + " ON " + object + " TO " + held.account);
  };
  if (!held.roles) {
    const auto global = lacking(v, held.global, needed.global);
    const auto on_schema = lacking(v, held.on_schema, needed.on_schema);
    if (!global.empty()) to(global, "*.*");
    if (!on_schema.empty()) to(on_schema, quote_identifier(schema) + ".*");
  }
  if (role == AccountRole::kMonitor) {
    const auto much = bypasses(v, held.global);
    if (!much.empty()) out.push_back("REVOKE " + join(much) + " ON *.* FROM " + held.account);
  }
  return out;
}

std::string join(const std::vector<std::string>& words, std::string_view between) {
  std::string out;
  for (const auto& word : words) {
    if (!out.empty()) out += between;
    out += word;
  }
  return out;
}

}  // namespace probes
