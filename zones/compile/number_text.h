// A number as a master file writes it.
#pragma once

#include <charconv>
#include <optional>
#include <string_view>

namespace compile {

// Nothing unless all of the text is a decimal number in T's range.
template <typename T>
std::optional<T> number_from_text(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace compile
