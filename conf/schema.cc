#include "conf/schema.h"

#include <nlohmann/json.hpp>

namespace conf {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kNamePattern = "^[A-Za-z0-9_][A-Za-z0-9._-]{0,62}$";

Json pattern(std::string_view text) { return {{"type", "string"}, {"pattern", text}}; }

Json object_of(const Shape& shape);

Json with_words(const Field& field, Json value) {
  if (field.words.empty()) return value;
  return {{"anyOf", Json::array({Json{{"enum", field.words}}, std::move(value)})}};
}

Json single(const Field& field) {
  switch (field.type) {
    case Type::kName: return pattern(kNamePattern);
    case Type::kText: return {{"type", "string"}, {"minLength", 1}, {"maxLength", 255}};
    case Type::kContent: return {{"type", "string"}, {"minLength", 1}, {"maxLength", 4096}};
    case Type::kDomain: return {{"type", "string"}, {"minLength", 1}, {"maxLength", 254}};
    case Type::kNumber: return with_words(field, {{"type", "integer"}, {"minimum", field.min}, {"maximum", field.max}});
    case Type::kSwitch: return {{"type", "boolean"}};
    case Type::kDuration: return pattern("^(0|[1-9][0-9]*)(ms|s|m|h|d)$");
    case Type::kIp:
      return {{"type", "string"}, {"anyOf", Json::array({Json{{"format", "ipv4"}}, Json{{"format", "ipv6"}}})}};
    case Type::kSize: return pattern("^(0|[1-9][0-9]*) ?(KiB|MiB|GiB)$");
    case Type::kPrefix: return pattern("^[0-9A-Fa-f.:]+(/[0-9]{1,3})?$");
    case Type::kListen:
    case Type::kAddress: return pattern("^[^@]+@(0|[1-9][0-9]{0,4})$");
    case Type::kUrl: return pattern("^https?://");
    case Type::kPath: return {{"type", "string"}, {"minLength", 1}};
    case Type::kVariable: return pattern("^\\$\\{[A-Za-z_][A-Za-z0-9_]*\\}$");
    case Type::kChoice: return {{"enum", field.words}};
    case Type::kMapping: return with_words(field, object_of(*field.shape));
  }
  return Json::object();
}

Json value_of(const Field& field) {
  Json item = single(field);
  if (field.named) {
    Field each = field;
    each.named = false;
    return {{"type", "object"},
            {"propertyNames", {{"pattern", kNamePattern}}},
            {"additionalProperties", field.list ? value_of(each) : item}};
  }
  if (!field.list) return item;
  if (field.type == Type::kMapping) return {{"type", "array"}, {"items", item}};
  return {{"anyOf", Json::array({item, Json{{"type", "array"}, {"items", item}, {"minItems", 1}}})}};
}

Json object_of(const Shape& shape) {
  Json properties = Json::object();
  Json required = Json::array();
  for (const Field& field : shape.fields) {
    Json described{{"description", field.help}};
    const std::string_view standard = field.standard.empty() ? field.standard_note : field.standard;
    if (!standard.empty())
      described["description"] = std::string(field.help) + " Default: " + std::string(standard) + ".";
    described.update(value_of(field));
    properties[std::string(field.key)] = std::move(described);
    if (field.required) required.push_back(field.key);
  }
  Json out{{"type", "object"}, {"properties", properties}};
  if (!required.empty()) out["required"] = required;
  out["additionalProperties"] = false;
  return out;
}

}  // namespace

std::string json_schema(const Shape& file) {
  Json out{{"$schema", "https://json-schema.org/draft/2020-12/schema"}, {"title", file.name}};
  out.update(object_of(file));
  return out.dump(2) + "\n";
}

}  // namespace conf
