#include "probes/mysql_query.h"

#include <strings.h>

#include <algorithm>

namespace probes {

namespace {

constexpr std::size_t kMostShown = 60;  // of a value that was not expected

std::string shown(const std::string& text) {
  return "\"" + text.substr(0, kMostShown) + (text.size() > kMostShown ? "…\"" : "\"");
}

}  // namespace

void compare(const MysqlResult& result, const std::optional<std::string>& expect, const std::string& column,
             Observation& seen) {
  if (!expect) return;
  const auto mismatch = [&](std::string why) {
    seen.outcome = Outcome::kMismatch;
    seen.detail = std::move(why);
  };
  if (result.rows.empty() || result.columns.empty()) {
    return mismatch("the query gives no row, " + shown(*expect) + " is expected");
  }
  const std::string& where = column.empty() ? result.columns.front() : column;
  const auto found = column.empty() ? result.rows.front().front() : result.get(column);
  if (found == expect) return;
  const bool known =
      column.empty() || std::any_of(result.columns.begin(), result.columns.end(), [&](const std::string& each) {
        return strcasecmp(each.c_str(), column.c_str()) == 0;
      });
  if (!known) return mismatch("the query gives no column " + column);
  mismatch(where + " is " + (found ? shown(*found) : "NULL") + ", " + shown(*expect) + " is expected");
}

MysqlQueryProbe::MysqlQueryProbe(base::Loop& loop, const MysqlCheck& check)
    : login_(loop, check.address, check.account, check.query, check.timeout,
             [expect = check.expect, column = check.column](const std::vector<MysqlResult>& all, Observation& seen) {
               compare(all.front(), expect, column, seen);
             }) {}

}  // namespace probes
