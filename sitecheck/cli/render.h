// What sitecheck's commands print, made from the JSON of the daemon's status. Pure; any JSON is rendered, what is
// missing is blank.
#pragma once

#include <string>

namespace sitecheck::cli {

// The classic table: a line for each pool, its nodes in priority order, under each local node the checkpoints; then
// what the table has no column for: arbiter, connectivity, peers, permits, alarms.
[[nodiscard]] std::string render_status(const std::string& data);
// The table alone.
[[nodiscard]] std::string render_table(const std::string& data);
// A paragraph for each pool.
[[nodiscard]] std::string render_show(const std::string& data);
// The checkpoints and the quorum.
[[nodiscard]] std::string render_checks(const std::string& data);

// "reloaded", a line for each change, what is left to do, and the warnings.
[[nodiscard]] std::string render_reload(const std::string& data);

}  // namespace sitecheck::cli
