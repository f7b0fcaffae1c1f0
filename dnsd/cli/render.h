// What dnsd's commands print, made from the JSON of the daemon. Pure; any JSON is rendered, what is missing is blank.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace dnsd::cli {

// Server, wide-IPs with their members, sites, zones. More than kShownWideIps wide-IPs are shown only as far as
// something is wrong with them, unless `all`.
[[nodiscard]] std::string render_status(const std::string& data, bool all);
inline constexpr std::size_t kShownWideIps = 10;

// The answer, the steps of the decision, the inputs with their ages, and what is remembered.
[[nodiscard]] std::string render_explain(const std::string& data);

// What a configuration would change of the running daemon: what needs a restart, what a reload takes over, the answers
// that would move. At most kShownChanges lines of each.
[[nodiscard]] std::string render_against(const std::string& data);
inline constexpr std::size_t kShownChanges = 100;
// True if there is a difference.
[[nodiscard]] bool differs(const std::string& data);

// The journal, a line each; of what was decided on, what a person reads.
[[nodiscard]] std::string render_events(const std::string& data);

// Each change of an answer with its time and cause; of a journal, whether it was decided as recorded.
[[nodiscard]] std::string render_simulation(const std::string& data);
// Decisions that the journal has otherwise.
[[nodiscard]] std::size_t differences(const std::string& data);

// What became of a drain or a pin, or of the end of one, and what is answered now; empty for one that was refused.
[[nodiscard]] std::string render_order(const std::string& data);
[[nodiscard]] std::string render_ended(const std::string& data);
// The orders in force.
[[nodiscard]] std::string render_overrides(const std::string& data);
// The table of them alone, from `overrides` of any object; empty if there are none.
[[nodiscard]] std::string overrides_table(const nlohmann::ordered_json& object);

// "reloaded, generation 13", and the warnings.
[[nodiscard]] std::string render_reload(const std::string& data);

}  // namespace dnsd::cli
