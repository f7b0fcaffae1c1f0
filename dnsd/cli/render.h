// What dnsd's commands print, made from the JSON of the daemon. Pure; any JSON is rendered, what is missing is blank.
#pragma once

#include <string>

namespace dnsd::cli {

// Server, wide-IPs with their members, sites, zones. More than kShownWideIps wide-IPs are shown only as far as
// something is wrong with them, unless `all`.
[[nodiscard]] std::string render_status(const std::string& data, bool all);
inline constexpr std::size_t kShownWideIps = 10;

// The answer, the steps of the decision, the inputs with their ages, and what is remembered.
[[nodiscard]] std::string render_explain(const std::string& data);

// "reloaded, generation 13", and the warnings.
[[nodiscard]] std::string render_reload(const std::string& data);

}  // namespace dnsd::cli
