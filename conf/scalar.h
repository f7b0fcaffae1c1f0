// The grammar of single values, pure: each gives nothing if the text is good, else what is wrong with it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "conf/field.h"

namespace conf {

// Decimal digits with an optional '-'. A leading zero is refused: YAML 1.1 reads 010 as eight, people as ten.
[[nodiscard]] std::optional<std::string> parse_number(std::string_view text, std::int64_t& out);
// A whole number and its unit, ms, s, m, h or d, without space: "250ms", "5m". Gives milliseconds.
[[nodiscard]] std::optional<std::string> parse_duration(std::string_view text, std::int64_t& out_ms);
// A whole number and its unit, KiB, MiB or GiB, with one space between or none: "64 MiB". Gives bytes.
[[nodiscard]] std::optional<std::string> parse_size(std::string_view text, std::int64_t& out_bytes);
// By field.type: kName, kText, kContent, kDomain, kUrl.
[[nodiscard]] std::optional<std::string> check_text(const Field& field, std::string_view text);

// 1..63 of [A-Za-z0-9._-], the first a letter, digit or '_'.
[[nodiscard]] std::optional<std::string> check_name(std::string_view text);
// A DNS name in letters, digits, '-' and '_'; labels of 1..63 and at most 253 characters, a final dot allowed
// (RFC 1035 section 2.3.4). "." is the root.
[[nodiscard]] std::optional<std::string> check_domain(std::string_view text);
// http or https, a host that is an IP literal (a monitor must not depend on DNS), optional port and path.
[[nodiscard]] std::optional<std::string> check_url(std::string_view text);
// [A-Za-z_][A-Za-z0-9_]*
[[nodiscard]] bool is_variable_name(std::string_view text);

}  // namespace conf
