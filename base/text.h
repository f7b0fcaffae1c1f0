// Small text helpers that several floors need.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

// Inside of a JSON string: quotes, backslashes and control characters escaped; bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string escape_json(std::string_view text);
// Length of the valid UTF-8 sequence at the start of `text` (RFC 3629 section 4): 1..4, 0 if there is none.
[[nodiscard]] std::size_t utf8_length(std::string_view text);
// True if every byte is printable ASCII.
[[nodiscard]] bool printable(std::string_view text);

// Lower-case hexadecimal.
[[nodiscard]] std::string to_hex(std::span<const std::uint8_t> bytes);
// Nothing if the length is odd or a character is no hex digit. Both cases of letters are read.
[[nodiscard]] std::optional<std::vector<std::uint8_t>> from_hex(std::string_view text);

// Of `candidates`, the one nearest to `word` by edit distance, if it is near enough to be meant
// (at most a third of the word's length, at least 1, at most 3 edits).
[[nodiscard]] std::optional<std::string> nearest(std::string_view word, std::span<const std::string_view> candidates);

// Compares in time that depends on the lengths only.
[[nodiscard]] bool equal_constant_time(std::span<const std::uint8_t> a, std::span<const std::uint8_t> b);

}  // namespace base
