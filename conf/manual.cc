#include <set>

#include "base/roff.h"
#include "conf/schema.h"

namespace conf {

namespace {

std::string paragraph(const Field& field) {
  std::string out = ".TP\n.B " + base::roff(field.key) + "\n";
  // Keys of a mapping stand in its own subsection.
  std::string takes = allowed(field);
  if (field.type == Type::kMapping) {
    takes = field.named ? "a mapping from names to mappings" : field.list ? "a list of mappings" : "a mapping";
    takes += ", see " + std::string(field.shape->name);
    std::string words;
    for (const auto word : field.words) words += (words.empty() ? "" : ", ") + std::string(word);
    if (!words.empty()) takes += "; or one of: " + words;
  }
  out += base::roff(field.help) + "\n.br\nTakes " + base::roff(takes) + ".";
  const std::string_view standard = field.standard.empty() ? field.standard_note : field.standard;
  if (field.required) {
    out += " Required.";
  } else if (!standard.empty()) {
    out += " Default: " + base::roff(standard) + ".";
  }
  return out + "\n";
}

void add(const Shape& shape, std::set<const Shape*>& told, std::string& out) {
  if (!told.insert(&shape).second) return;
  out += ".SS " + base::roff(shape.name) + "\n";
  for (const Field& field : shape.fields) out += paragraph(field);
  for (const Field& field : shape.fields) {
    if (field.shape != nullptr) add(*field.shape, told, out);
  }
}

}  // namespace

std::string manual_keys(const Shape& file) {
  std::set<const Shape*> told;
  std::string out;
  add(file, told, out);
  return out;
}

}  // namespace conf
