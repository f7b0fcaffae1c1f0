// A JSON Schema validator as small as the schemas of conf/schema need: type, properties, required,
// additionalProperties (false or a schema), items, enum, anyOf, minimum, $ref to #/$defs/NAME.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/support/golden.h"

namespace json_schema {

using Json = nlohmann::json;

inline bool has_type(const Json& value, const std::string& type) {
  if (type == "object") return value.is_object();
  if (type == "array") return value.is_array();
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_boolean();
  if (type == "integer") return value.is_number_integer();
  if (type == "number") return value.is_number();
  return type == "null" && value.is_null();
}

// Adds a sentence for each difference.
inline void compare(const Json& root, const Json& schema, const Json& value, const std::string& at,
                    std::vector<std::string>& out) {
  if (schema.is_boolean()) {
    if (!schema.get<bool>()) out.push_back(at + " is not allowed");
    return;
  }
  if (schema.contains("$ref")) {
    const auto name = schema["$ref"].get<std::string>().substr(std::string("#/$defs/").size());
    compare(root, root["$defs"].at(name), value, at, out);
  }
  if (schema.contains("type")) {
    Json types = schema["type"].is_array() ? schema["type"] : Json::array({schema["type"]});
    if (std::none_of(types.begin(), types.end(), [&](const Json& t) { return has_type(value, t); })) {
      out.push_back(at + ": " + value.dump() + " is no " + types.dump());
      return;
    }
  }
  if (schema.contains("enum") &&
      std::find(schema["enum"].begin(), schema["enum"].end(), value) == schema["enum"].end()) {
    out.push_back(at + ": " + value.dump() + " is none of " + schema["enum"].dump());
  }
  if (schema.contains("minimum") && value.is_number() && value < schema["minimum"]) {
    out.push_back(at + ": " + value.dump() + " is below " + schema["minimum"].dump());
  }
  if (schema.contains("anyOf")) {
    const bool any = std::any_of(schema["anyOf"].begin(), schema["anyOf"].end(), [&](const Json& one) {
      std::vector<std::string> inner;
      compare(root, one, value, at, inner);
      return inner.empty();
    });
    if (!any) out.push_back(at + ": " + value.dump() + " fits none of anyOf");
  }
  if (value.is_object()) {
    for (const auto& key : schema.value("required", Json::array())) {
      if (!value.contains(key)) out.push_back(at + " lacks " + key.get<std::string>());
    }
    const Json properties = schema.value("properties", Json::object());
    for (const auto& [key, member] : value.items()) {
      if (properties.contains(key)) {
        compare(root, properties[key], member, at + "." + key, out);
      } else if (schema.contains("additionalProperties")) {
        compare(root, schema["additionalProperties"], member, at + "." + key, out);
      }
    }
  }
  if (value.is_array() && schema.contains("items")) {
    for (std::size_t i = 0; i < value.size(); ++i) {
      compare(root, schema["items"], value[i], at + "[" + std::to_string(i) + "]", out);
    }
  }
}

// Expects `text` to be JSON that fits the schema of conf/schema/NAME.schema.json.
inline void expect_valid(const std::string& name, const std::string& text) {
  const Json schema = Json::parse(golden::read("conf/schema/" + name + ".schema.json"), nullptr, false);
  ASSERT_TRUE(schema.is_object()) << "conf/schema/" << name << ".schema.json is missing or no JSON";
  const Json value = Json::parse(text, nullptr, false);
  ASSERT_FALSE(value.is_discarded()) << "no JSON: " << text;
  std::vector<std::string> differences;
  compare(schema, schema, value, "$", differences);
  EXPECT_EQ(differences, std::vector<std::string>{}) << text;
}

}  // namespace json_schema
