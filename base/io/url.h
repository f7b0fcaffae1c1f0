// The target of a request, taken apart (RFC 3986 sections 2.1 and 3.4).
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace io {

// Replaces %XX by its byte; a percent sign without two hexadecimal digits stays. `plus_is_space` as in query strings
// of forms.
[[nodiscard]] std::string percent_decode(std::string_view text, bool plus_is_space);
// Everything but unreserved characters becomes %XX.
[[nodiscard]] std::string percent_encode(std::string_view text);
// "/a%20b?x=1&y" → path "/a b", query {x: 1}, {y: ""}.
void split_target(std::string_view target, std::string& path, std::vector<std::pair<std::string, std::string>>& query);
// ASCII letters in lower case.
[[nodiscard]] std::string lower_case(std::string_view text);

}  // namespace io
