// Reading a reply of a daemon for display: a member that is missing or of another type shows as nothing, never throws.
// For .cc files of the command line (nlohmann-json in the interface).
#pragma once

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "base/time.h"

namespace io {

using Json = nlohmann::ordered_json;

// The member, or null.
inline const Json& member(const Json& object, std::string_view key) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto at = object.find(key);
  return at == object.end() ? kNothing : *at;
}

inline std::string text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "";
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}
inline std::string text(const Json& object, std::string_view key) { return text(member(object, key)); }

inline std::int64_t number(const Json& object, std::string_view key, std::int64_t otherwise = 0) {
  const Json& value = member(object, key);
  return value.is_number_integer() ? value.get<std::int64_t>() : otherwise;
}

inline bool flag(const Json& object, std::string_view key) {
  const Json& value = member(object, key);
  return value.is_boolean() && value.get<bool>();
}

// The items, or none.
inline const Json& items(const Json& object, std::string_view key) {
  static const Json kNone = Json::array();
  const Json& value = member(object, key);
  return value.is_array() ? value : kNone;
}

// "192.0.2.11, 192.0.2.12".
inline std::string joined(const Json& array, std::string_view between = ", ") {
  std::string out;
  if (!array.is_array()) return text(array);
  for (const auto& item : array) out += (out.empty() ? "" : std::string(between)) + text(item);
  return out;
}

// "1.8 s" of a member in milliseconds; `otherwise` if it is null or missing.
inline std::string duration(const Json& object, std::string_view key, std::string_view otherwise = "") {
  const Json& value = member(object, key);
  if (!value.is_number_integer()) return std::string(otherwise);
  constexpr std::int64_t kMost = 1'000'000'000'000;  // 31 years: keeps microseconds within their type
  return base::format_duration(base::milliseconds(std::clamp(value.get<std::int64_t>(), -kMost, kMost)));
}
// "1.8 s ago".
inline std::string age(const Json& object, std::string_view key, std::string_view otherwise = "never") {
  const std::string out = duration(object, key);
  return out.empty() ? std::string(otherwise) : out + " ago";
}

}  // namespace io
