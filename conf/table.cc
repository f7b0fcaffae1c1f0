#include "conf/table.h"

#include <set>

namespace conf {

namespace {

std::string list_of_keys(const Shape& shape) {
  std::string out;
  for (const Field& field : shape.fields) out += (out.empty() ? "" : ", ") + std::string(field.key);
  return out;
}

// Gives the key that was probably meant: it is not missing, it is misspelt.
std::optional<std::string> report_unknown(Reading& reading, const Shape& shape, const Value::Key& key) {
  if (key.text == "<<") {
    reading.fault(key.mark(), "found a merge key (<<); merge keys are not used here, write the values out");
    return std::nullopt;
  }
  std::vector<std::string_view> names;
  for (const Field& field : shape.fields) names.push_back(field.key);
  reading.fault(key.mark(), "unknown key \"" + key.text + "\"" + did_you_mean(key.text, names) +
                                "; allowed here: " + list_of_keys(shape));
  return nearest_key(key.text, names);
}

void report_missing(Reading& reading, const Shape& shape, const Value& mapping, const Field& field) {
  reading.fault(mapping.mark(), "missing key \"" + std::string(field.key) + "\" in " + std::string(shape.name) +
                                    "; it takes " + allowed(field));
}

}  // namespace

std::vector<const Value*> match(Reading& reading, const Shape& shape, const Value& mapping) {
  std::vector<const Value*> out(shape.fields.size(), nullptr);
  std::vector<bool> present(shape.fields.size(), false);
  std::set<std::string, std::less<>> misspelt;
  for (std::size_t i = 0; i < mapping.keys.size(); ++i) {
    const auto field = std::find_if(shape.fields.begin(), shape.fields.end(),
                                    [&](const Field& f) { return f.key == mapping.keys[i].text; });
    if (field == shape.fields.end()) {
      if (auto meant = report_unknown(reading, shape, mapping.keys[i])) misspelt.insert(std::move(*meant));
      continue;
    }
    const auto index = static_cast<std::size_t>(field - shape.fields.begin());
    present[index] = true;
    const Value& value = mapping.items[i];
    if (value.kind == Value::Kind::kNull) {
      // An empty value stands where its key stands: yaml-cpp marks it at the start of the next line.
      reading.fault(mapping.keys[i].mark(), mapping.keys[i].text + ": has no value; allowed: " + allowed(*field));
    } else if (value.kind != Value::Kind::kBad) {
      out[index] = &value;
    }
  }
  for (std::size_t i = 0; i < out.size(); ++i) {
    const Field& field = shape.fields[i];
    if (field.required && !present[i] && !misspelt.contains(field.key)) report_missing(reading, shape, mapping, field);
  }
  return out;
}

void require(Reading& reading, const Shape& shape, const Value& mapping, std::string_view key) {
  if (mapping.find(key) != nullptr) return;
  std::vector<std::string_view> names;
  for (const Field& field : shape.fields) names.push_back(field.key);
  const auto meant = [&](const Value::Key& each) {
    return std::find(names.begin(), names.end(), each.text) == names.end() && nearest_key(each.text, names) == key;
  };
  if (std::any_of(mapping.keys.begin(), mapping.keys.end(), meant)) return;  // misspelt: reported as unknown
  for (const Field& field : shape.fields) {
    if (field.key == key) report_missing(reading, shape, mapping, field);
  }
}

Value standard_value(const Field& field, const Value& at) {
  Value out;
  out.kind = Value::Kind::kScalar;
  out.line = at.line;
  out.column = at.column;
  out.file = at.file;
  out.text = std::string(field.standard);
  if (!field.list) return out;
  Value list = out;
  list.kind = Value::Kind::kSequence;
  std::string_view rest = field.standard;
  while (!rest.empty()) {
    const auto comma = rest.find(", ");
    out.text = std::string(rest.substr(0, comma));
    list.items.push_back(out);
    rest.remove_prefix(comma == std::string_view::npos ? rest.size() : comma + 2);
  }
  return list;
}

Value implied_value(const Value& at) {
  Value out;
  out.kind = Value::Kind::kMapping;
  out.line = at.line;
  out.column = at.column;
  out.file = at.file;
  return out;
}

bool is_mapping(Reading& reading, const Field& field, const Value& value) {
  if (value.kind == Value::Kind::kMapping) return true;
  mismatch(reading, field, value);
  return false;
}

std::vector<const Value*> list_items(Reading& reading, const Field& field, const Value& value) {
  std::vector<const Value*> out;
  if (value.kind != Value::Kind::kSequence) {
    out.push_back(&value);
    return out;
  }
  if (value.items.empty()) mismatch(reading, field, value);
  out.reserve(value.items.size());
  for (const Value& item : value.items) out.push_back(&item);
  return out;
}

}  // namespace conf
